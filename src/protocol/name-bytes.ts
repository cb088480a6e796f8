/**
 * File names are bytes; most are UTF-8. A name that is not keeps every stray byte 0xNN as the lone
 * surrogate U+DCNN (the way of Python's `surrogateescape`, PEP 383), so that it is a string everywhere and
 * still the same bytes on disk and on the wire.
 */

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

/** The name that these bytes are. */
export function nameFromBytes(bytes: Uint8Array): string {
  // Ten times as fast as what is strict, and the same wherever nothing had to be replaced.
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes);
  const text = buffer.toString('utf8');
  if (!text.includes('\ufffd')) return text;
  try {
    return UTF8.decode(bytes);
  } catch {
    // Fall through: byte by byte from here, names are short.
  }
  let name = '';
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at] ?? 0;
    const sequence = bytes.subarray(at, at + sequenceLength(lead));
    try {
      name += UTF8.decode(sequence);
      at += sequence.length;
    } catch {
      name += String.fromCharCode(0xdc00 + lead);
      at += 1;
    }
  }
  return name;
}

/** The bytes of a name, the inverse of `nameFromBytes`. */
export function bytesFromName(name: string): Buffer {
  if (name.isWellFormed()) return Buffer.from(name, 'utf8');
  return Buffer.concat(
    [...name].map((char) => {
      const code = char.codePointAt(0) ?? 0;
      return code >= 0xdc80 && code <= 0xdcff ? Buffer.of(code - 0xdc00) : Buffer.from(char, 'utf8');
    }),
  );
}
