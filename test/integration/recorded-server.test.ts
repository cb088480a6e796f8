import { describe, it } from 'vitest';
import { compareWithFixture, type RecordedNeighbour, type Stage } from '../helpers/recorded-wire.ts';

/** What a program sees that asks us, in each dialect of section 7; the bytes stand in fixtures/wire/peer. */
const FILES = {
  'hello.txt': Buffer.from('hello!\n'),
  'dez.bin': Buffer.from('0123456789'),
  'vazio.txt': Buffer.alloc(0),
  'com espaço': Buffer.from('ab'),
};

function scenario(name: string, what: string, script: (stage: Stage, n: RecordedNeighbour) => Promise<void>) {
  it(what, () =>
    compareWithFixture(`server-${name}`, what, { files: FILES }, async (stage) =>
      script(stage, await stage.neighbour()),
    ),
  );
}

/** Each of these on a connection of its own, ended by a newline; the peer closes. */
const ONE_SHOT: readonly (readonly [name: string, what: string, body: string])[] = [
  ['get-peers', 'GET_PEERS', 'GET_PEERS'],
  ['ls', 'LS', 'LS'],
  ['dl-first', 'the first chunk', 'DL dez.bin 4 0'],
  ['dl-last', 'the last chunk, shorter', 'DL dez.bin 4 2'],
  ['dl-whole', 'the whole file', 'DL dez.bin 0 0'],
  ['dl-empty', 'chunk 0 of an empty file', 'DL vazio.txt 256 0'],
  ['dl-encoded', 'a name with a space', 'DL com%20espa%C3%A7o 256 0'],
  ['dl-base64-name', 'a name in base64', 'DL aGVsbG8udHh0 256 0'],
  ['dl-name-with-size', 'a name with its size', 'DL hello.txt:7 256 0'],
  ['dl-unknown', 'a file that is not there', 'DL nada.txt 256 0'],
  ['dl-out-of-range', 'an index behind the end', 'DL dez.bin 4 3'],
  ['dl-whole-index-1', 'size 0 with an index', 'DL dez.bin 0 1'],
  ['dl-bad-index', 'an index that is no number', 'DL dez.bin 4 x'],
  ['dl-missing-index', 'a DL without index', 'DL dez.bin 4'],
  ['dl-path', 'a path instead of a name', 'DL ../segredo 4 0'],
  ['unknown-type', 'a type that nobody knows', 'FORMAT c:'],
  ['digest-one-shot', 'DIGEST without a session', 'DIGEST dez.bin'],
  ['unasked-file', 'a FILE that nobody has asked for', 'FILE dez.bin 1 0 MA=='],
];

describe.concurrent('a program that asks in lines', () => {
  for (const [name, what, body] of ONE_SHOT) {
    scenario(`line-${name}`, `line: ${what}`, async (_, n) => {
      const c = await n.dial();
      c.write(n.line(body));
      await c.ended();
    });
  }

  scenario('line-hello-open', 'line: HELLO on a connection that stays open', async (_, n) => {
    const c = await n.dial();
    c.write(n.line('HELLO'));
    await c.lines(1);
    c.end();
    await c.ended();
  });

  scenario('line-hello-fin', 'line: HELLO with its FIN', async (_, n) => {
    const c = await n.dial();
    c.end(n.line('HELLO'));
    await c.ended();
  });

  scenario('line-bye', 'line: BYE of a neighbour that has said HELLO', async (_, n) => {
    const c = await n.dial();
    c.end(n.line('HELLO'));
    await c.ended();
    const d = await n.dial();
    d.write(n.line('BYE'));
    await d.ended();
  });

  scenario('line-bye-stranger', 'line: BYE of somebody who is not known', async (_, n) => {
    const c = await n.dial();
    c.write(n.line('BYE'));
    await c.ended();
  });

  scenario('line-return-hello', 'line: HELLO sessao answered, then a RETURN_HELLO', async (stage, n) => {
    const c = await n.dial();
    c.write(n.line('HELLO sessao'));
    await c.lines(1);
    c.write(n.line('RETURN_HELLO sessao'));
    await stage.event('message-received', 2);
    c.write(n.line('LS'));
    await c.lines(2);
    c.end();
    await c.ended();
  });

  for (const [name, end] of [
    ['nul', '\n\0'],
    ['cr', '\r\n'],
    ['cr-nul', '\r\n\0'],
  ] as const) {
    scenario(`line-${name}`, `line: requests that end in ${JSON.stringify(end)}`, async (_, n) => {
      for (const body of ['LS', 'DL dez.bin 4 1']) {
        const c = await n.dial();
        c.write(n.message(body) + end);
        await c.ended();
      }
    });
  }

  scenario('line-silence', 'line: requests without newline, ended by silence', async (_, n) => {
    for (const body of ['LS', 'GET_PEERS']) {
      const c = await n.dial();
      c.write(n.message(body));
      await c.ended();
    }
  });

  scenario('line-dl-silence', 'line: a DL without newline, ended by silence', async (_, n) => {
    const c = await n.dial();
    c.write(n.message('DL dez.bin 4 1'));
    await c.ended();
  });

  scenario('line-pieces', 'line: a request in odd pieces', async (_, n) => {
    const c = await n.dial();
    const text = n.line('DL com%20espa%C3%A7o 1 1');
    await c.writePieces(text.slice(0, 3), text.slice(3, 12), text.slice(12, 21), text.slice(21, -1), '\n');
    await c.ended();
  });

  scenario('line-byte-by-byte', 'line: a request byte by byte', async (_, n) => {
    const c = await n.dial();
    await c.writePieces(...n.line('LS'));
    await c.ended();
  });

  scenario('line-two-requests', 'line: two requests in one write, no HELLO', async (_, n) => {
    const c = await n.dial();
    c.write(n.line('LS') + n.line('GET_PEERS'));
    await c.lines(2);
    c.end();
    await c.ended();
  });

  scenario('line-too-long', 'line: a line without end', async (_, n) => {
    const c = await n.dial();
    c.write('x'.repeat(5_000));
    await c.ended();
  });

  for (const [name, what, text] of [
    ['malformed', 'a line that is no message', 'GET / HTTP/1.1\r\n'],
    ['one-word', 'a single word', 'olá\n'],
    ['bad-clock', 'a negative clock', '127.0.0.1:9 -1 LS\n'],
    ['bad-origin', 'an origin that is no address', 'ninguem 1 LS\n'],
    ['huge-clock', 'a clock beyond all reason', '127.0.0.1:9 1125899906842625 LS\n'],
  ] as const) {
    scenario(`line-${name}`, `line: ${what}`, async (_, n) => {
      const c = await n.dial();
      c.write(text);
      await c.ended();
    });
  }

  scenario('line-own-origin', 'line: somebody claims to be us', async (stage, n) => {
    const c = await n.dial();
    c.write(`${stage.peer.address} 4 LS\n`);
    await c.ended();
  });

  scenario('line-other-host', 'line: an origin on another host', async (_, n) => {
    const c = await n.dial();
    c.write('10.9.8.7:5001 4 LS\n');
    await c.ended();
  });

  scenario('line-empty-connection', 'line: a connection without data', async (_, n) => {
    const c = await n.dial();
    c.end();
    await c.ended();
  });

  scenario('line-peers-of-others', 'line: each is told of the other one', async (stage, n) => {
    const other = await stage.neighbour();
    for (const one of [n, other, n, other]) {
      const c = await one.dial();
      c.write(one.line('GET_PEERS'));
      await c.ended();
    }
  });

  scenario('line-bye-forgets', 'line: a session, BYE, then a plain request', async (stage, n) => {
    const session = await n.dial();
    session.write(n.line('HELLO sessao'));
    await session.lines(1);
    const c = await n.dial();
    c.write(n.line('BYE'));
    await c.ended();
    await session.ended();
    const d = await n.dial();
    d.write(n.line('LS'));
    await d.ended();
    await stage.event('neighbour-status-changed', 2);
  });

  scenario('line-remembered', 'line: the second request of a neighbour that is known', async (_, n) => {
    for (const body of ['LS', 'DL dez.bin 4 0', 'DL dez.bin 4 1', 'GET_PEERS']) {
      const c = await n.dial();
      c.write(n.line(body));
      await c.ended();
    }
  });
});
