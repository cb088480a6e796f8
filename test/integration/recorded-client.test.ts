import { describe, it } from 'vitest';
import { compareWithFixture, type RecordedNeighbour, type Stage } from '../helpers/recorded-wire.ts';
import type { RequestDraft } from '../../src/protocol/message.ts';

/** What we say to programs of each dialect, and make of their answers; the bytes stand in fixtures/wire/peer. */
type Script = (stage: Stage, n: RecordedNeighbour) => Promise<void>;

function scenario(name: string, what: string, script: Script, order?: 'pipelined') {
  it(what, () =>
    compareWithFixture(`client-${name}`, what, { order }, async (stage) =>
      script(stage, await stage.neighbour()),
    ),
  );
}

const GET_PEERS = { type: 'GET_PEERS' } as const;
const LS = { type: 'LS' } as const;
const dl = (index: number, size = 4, token = 'dez.bin') => ({ type: 'DL', token, size, index }) as const;

/** Asks on a new connection, which the neighbour closes behind its reply. */
async function ask(
  stage: Stage,
  n: RecordedNeighbour,
  draft: RequestDraft,
  reply: string | Buffer,
): Promise<void> {
  const asked = stage.request(n, draft);
  const c = await n.accepted();
  await c.lines(1);
  c.end(reply);
  await asked;
  await c.ended();
}

describe.concurrent('asking a program that answers in lines', () => {
  scenario('line-hello-closed', 'line: HELLO closed without an answer', async (stage, n) => {
    const said = stage.hello(n);
    const c = await n.accepted();
    await c.lines(1);
    c.end();
    await said;
    await c.ended();
  });

  scenario('line-hello-answered', 'line: HELLO answered and closed', async (stage, n) => {
    const said = stage.hello(n);
    const c = await n.accepted();
    await c.lines(1);
    c.end(n.line('RETURN_HELLO'));
    await said;
    await c.ended();
  });

  scenario(
    'line-hello-silent',
    'line: HELLO neither answered nor closed, then a request',
    async (stage, n) => {
      await stage.hello(n);
      const c = await n.accepted();
      const asked = stage.request(n, LS);
      await c.lines(2);
      c.end(n.line('LS_LIST 1 a:3'));
      await asked;
      await c.ended();
    },
  );

  scenario('line-hello-garbage', 'line: HELLO answered with what is no message', async (stage, n) => {
    const said = stage.hello(n);
    const c = await n.accepted();
    await c.lines(1);
    c.end('quem é você?\n');
    await said;
    await c.ended();
  });

  scenario('line-requests', 'line: lists and chunks', async (stage, n) => {
    await ask(stage, n, GET_PEERS, n.line('PEER_LIST 2 127.0.0.1:9:ONLINE:4 10.0.0.1:5001:OFFLINE:0'));
    await ask(stage, n, LS, n.line('LS_LIST 2 dez.bin:10 vazio.txt:0'));
    await ask(stage, n, dl(0), n.line('FILE dez.bin 4 0 MDEyMw=='));
    await ask(stage, n, dl(2), n.line('FILE dez.bin 2 2 ODk='));
    await ask(stage, n, dl(0, 0), n.line('FILE dez.bin 0 0 MDEyMzQ1Njc4OQ=='));
  });

  scenario('line-endings', 'line: NUL, CR and no newline behind the replies', async (stage, n) => {
    await ask(stage, n, LS, n.message('LS_LIST 1 a:3') + '\n\0');
    await ask(stage, n, LS, n.message('LS_LIST 1 a:3') + '\r\n');
    await ask(stage, n, LS, n.message('LS_LIST 1 a:3'));
    await ask(stage, n, dl(0), n.message('FILE dez.bin 4 0 MDEyMw=='));
  });

  scenario('line-pieces', 'line: a reply in odd pieces', async (stage, n) => {
    const asked = stage.request(n, dl(0));
    const c = await n.accepted();
    await c.lines(1);
    await c.writePieces(...(n.line('FILE dez.bin 4 0 MDEyMw==').match(/[^]{1,5}/g) ?? []));
    c.end();
    await asked;
    await c.ended();
  });

  scenario('line-bye', 'line: BYE', async (stage, n) => {
    const said = stage.bye(n);
    const c = await n.accepted();
    await c.lines(1);
    await c.ended();
    await said;
  });

  scenario('line-forgets-to-close', 'line: never closes, never answers again', async (stage, n) => {
    const asked = stage.request(n, LS);
    const c = await n.accepted();
    await c.lines(1);
    c.write(n.line('LS_LIST 1 a:3'));
    await asked;
    const again = stage.request(n, GET_PEERS);
    await c.lines(2);
    const d = await n.accepted();
    await d.lines(1);
    d.write(n.line('PEER_LIST 0'));
    await again;
    await d.ended();
  });

  scenario(
    'line-six-at-once',
    'line: six chunks at once, four connections',
    async (stage, n) => {
      const file = { token: 'seis', size: 1, chunks: 6 };
      const asked = stage.chunks(n, file, [0, 1, 2, 3, 4, 5]);
      const first = [await n.accepted(), await n.accepted(), await n.accepted(), await n.accepted()];
      for (const c of first) await c.lines(1);
      for (const [index, c] of first.entries()) {
        c.end(n.line(`FILE seis 1 ${index} YQ==`));
        await c.ended();
      }
      for (const index of [4, 5]) {
        const c = await n.accepted();
        await c.lines(1);
        c.end(n.line(`FILE seis 1 ${index} YQ==`));
        await c.ended();
      }
      await asked;
    },
    'pipelined',
  );
});

/** What may stand in a reply: the request and one line that answers it. */
const ODD_REPLIES: readonly (readonly [name: string, what: string, draft: RequestDraft, reply: string])[] = [
  ['peers-list', 'PEERS_LIST', GET_PEERS, '{N} 5 PEERS_LIST 1 127.0.0.1:9:ONLINE:4'],
  ['no-clock', 'no clock', GET_PEERS, '{N} PEER_LIST 1 127.0.0.1:9:ONLINE:4'],
  ['count-too-large', 'a count above the entries', LS, '{N} 5 LS_LIST 3 a:1 b:2'],
  ['count-too-small', 'a count below the entries', LS, '{N} 5 LS_LIST 1 a:1 b:2'],
  ['list-odd-entries', 'entries that are none', LS, '{N} 5 LS_LIST 4 a:1 b c:x %zz:4 d:5'],
  [
    'peers-odd-entries',
    'entries that are none',
    GET_PEERS,
    '{N} 5 PEER_LIST 3 x 127.0.0.1:9:TALVEZ:1 127.0.0.1:8:ONLINE:2',
  ],
  ['peers-self', 'we and itself in the list', GET_PEERS, '{N} 5 PEER_LIST 2 {PEER}:ONLINE:9 {N}:ONLINE:7'],
  ['empty-list', 'an empty list', LS, '{N} 5 LS_LIST 0'],
  ['other-origin', 'another origin', LS, '127.0.0.1:9 5 LS_LIST 1 a:1'],
  ['own-origin', 'our own origin', LS, '{PEER} 5 LS_LIST 1 a:1'],
  ['huge-clock', 'a clock beyond all reason', LS, '{N} 1125899906842625 LS_LIST 1 a:1'],
  ['other-type', 'another type', LS, '{N} 5 PEER_LIST 0'],
  ['error', 'an ERROR', LS, '{N} 5 ERROR LS read-failed'],
  ['garbage', 'what is no message', LS, 'HTTP/1.1 400 Bad Request'],
  ['file-none', 'None in place of the bytes', dl(0), '{N} 5 FILE dez.bin 4 0 None'],
  ['file-erro', 'ERRO in place of the bytes', dl(0), '{N} 5 FILE dez.bin 4 0 ERRO'],
  ['file-error-words', 'ERROR_… in place of the bytes', dl(0), '{N} 5 FILE dez.bin 4 0 ERROR_FILE_NOT_FOUND'],
  ['file-empty', 'no bytes', dl(0), '{N} 5 FILE dez.bin 0 0'],
  ['file-empty-space', 'no bytes behind a space', dl(0), '{N} 5 FILE dez.bin 0 0 '],
  ['file-requested-size', 'the requested size, a shorter chunk', dl(2), '{N} 5 FILE dez.bin 4 2 ODk='],
  ['file-whole', 'the whole file', dl(1), '{N} 5 FILE dez.bin 0 0 MDEyMzQ1Njc4OQ=='],
  ['file-bad-base64', 'what is no base64', dl(0), '{N} 5 FILE dez.bin 4 0 MDE*Mw=='],
  ['file-short', 'fewer bytes than told', dl(0), '{N} 5 FILE dez.bin 4 0 MDE='],
  ['file-base64-name', 'the name in base64', dl(0), '{N} 5 FILE ZGV6LmJpbg== 4 0 MDEyMw=='],
];

describe.concurrent('odd replies', () => {
  for (const [name, what, draft, reply] of ODD_REPLIES) {
    scenario(`odd-${name}`, `a reply with ${what}`, async (stage, n) => {
      const text = reply.replaceAll('{N}', n.address).replaceAll('{PEER}', stage.peer.address);
      await ask(stage, n, draft, `${text}\n`);
    });
  }

  scenario('stray-file', 'another FILE before the one that was asked for', async (stage, n) => {
    await ask(stage, n, dl(1), n.line('FILE dez.bin 4 0 MDEyMw==') + n.line('FILE dez.bin 4 1 NDU2Nw=='));
  });

  scenario('stray-file-only', 'another FILE and nothing else', async (stage, n) => {
    await ask(stage, n, dl(1), n.line('FILE outro.bin 4 1 MDEyMw=='));
  });

  scenario('names-in-base64', 'silence to a plain name, then the name in base64', async (stage, n) => {
    await ask(stage, n, LS, n.line('LS_LIST 1 dez.bin:10'));
    const asked = stage.request(n, dl(0));
    const silent = await n.accepted();
    await silent.lines(1);
    silent.end();
    await silent.ended();
    const c = await n.accepted();
    await c.lines(1);
    c.end(n.line('FILE ZGV6LmJpbg== 4 0 MDEyMw=='));
    await asked;
    await c.ended();
    await ask(stage, n, dl(1), n.line('FILE ZGV6LmJpbg== 4 1 NDU2Nw=='));
  });
});

describe.concurrent('a neighbour that fails', () => {
  it('nobody listens', () =>
    compareWithFixture('client-refused', 'nobody listens', {}, async (stage) => {
      const nobody = stage.nobody();
      await stage.hello(nobody);
      await stage.request(nobody, LS);
      await stage.request(nobody, dl(0));
      await stage.prepare(nobody, 100);
      await stage.bye(nobody);
    }));

  for (const [name, draft] of [
    ['ls', LS],
    ['get-peers', GET_PEERS],
  ] as const) {
    scenario(`reset-${name}`, `reset without data, asked once more: ${draft.type}`, async (stage, n) => {
      const asked = stage.request(n, draft);
      const c = await n.accepted();
      await c.lines(1);
      c.reset();
      const d = await n.accepted();
      await d.lines(1);
      d.end(n.line(draft.type === 'LS' ? 'LS_LIST 1 a:3' : 'PEER_LIST 0'));
      await asked;
      await d.ended();
    });
  }

  scenario('reset-dl', 'a chunk reset without data is not asked for again', async (stage, n) => {
    await ask(stage, n, LS, n.line('LS_LIST 1 dez.bin:10'));
    const asked = stage.request(n, dl(0));
    const c = await n.accepted();
    await c.lines(1);
    c.reset();
    await asked;
  });

  scenario('half-a-file', 'half a FILE, then the end', async (stage, n) => {
    await ask(stage, n, LS, n.line('LS_LIST 1 dez.bin:10'));
    await ask(stage, n, dl(0), n.message('FILE dez.bin 4 0 MDE'));
  });
});
