import { describe, it } from 'vitest';
import type { RequestDraft } from '../../src/protocol/message.ts';
import {
  compareWithFixture,
  type RecordedConnection,
  type RecordedNeighbour,
  type ScenarioOptions,
  type Stage,
} from '../helpers/recorded-wire.ts';

/** What we say to programs of other dialects than lines, and in sessions; the bytes stand in fixtures/wire/peer. */
type Script = (stage: Stage, n: RecordedNeighbour) => Promise<void>;

const FILES = { 'dez.bin': Buffer.from('0123456789') };

function scenario(name: string, what: string, script: Script, order?: ScenarioOptions['order']) {
  it(what, () =>
    compareWithFixture(`client-${name}`, what, { files: FILES, order }, async (stage) =>
      script(stage, await stage.neighbour()),
    ),
  );
}

const GET_PEERS = { type: 'GET_PEERS' } as const;
const LS = { type: 'LS' } as const;
const dl = (index: number, size = 4, token = 'dez.bin') => ({ type: 'DL', token, size, index }) as const;

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

async function sayHello(stage: Stage, n: RecordedNeighbour, reply: string | Buffer): Promise<void> {
  const said = stage.hello(n);
  const c = await n.accepted();
  await c.lines(1);
  c.end(reply);
  await said;
  await c.ended();
}

describe.concurrent('asking a program with a length before its messages', () => {
  scenario('prefixed', 'prefixed: hello, lists, chunks, BYE', async (stage, n) => {
    await sayHello(stage, n, n.prefixed('RETURN_HELLO'));
    await ask(stage, n, GET_PEERS, n.prefixed('PEER_LIST 1 127.0.0.1:9:ONLINE:4'));
    await ask(stage, n, LS, n.prefixed('LS_LIST 2 dez.bin:10 vazio.txt:0'));
    await ask(stage, n, dl(0), n.prefixed('FILE dez.bin 4 0 MDEyMw=='));
    await ask(stage, n, dl(2), n.prefixed('FILE dez.bin 4 2 ODk='));
    const said = stage.bye(n);
    const c = await n.accepted();
    await c.ended();
    await said;
  });

  scenario('prefixed-pieces', 'prefixed: a reply in odd pieces', async (stage, n) => {
    const asked = stage.request(n, LS);
    const c = await n.accepted();
    await c.lines(1);
    const bytes = n.prefixed('LS_LIST 1 a:3');
    await c.writePieces(
      bytes.subarray(0, 3),
      bytes.subarray(3, 8),
      bytes.subarray(8, 20),
      bytes.subarray(20),
    );
    await asked;
    await c.ended();
  });

  scenario('prefixed-too-short', 'prefixed: ends before its length', async (stage, n) => {
    await ask(stage, n, LS, n.prefixed('LS_LIST 1 dez.bin:10'));
    await ask(stage, n, dl(0), n.prefixed('FILE dez.bin 4 0 MDEyMw=='));
    await ask(stage, n, dl(1), n.prefixed('FILE dez.bin 4 1 NDU2Nw==').subarray(0, -4));
  });

  scenario('prefixed-too-long', 'prefixed: a length beyond all limits', async (stage, n) => {
    await ask(
      stage,
      n,
      LS,
      Buffer.concat([Buffer.of(0, 0, 0, 1, 0, 0, 0, 0), Buffer.from(n.message('LS_LIST 0'))]),
    );
  });
});

describe.concurrent('asking a program without newlines', () => {
  scenario('raw', 'raw: hello, lists, chunks', async (stage, n) => {
    await sayHello(stage, n, n.message('RETURN_HELLO'));
    await ask(stage, n, GET_PEERS, n.message('PEER_LIST 1 127.0.0.1:9:ONLINE:4'));
    await ask(stage, n, LS, n.message('LS_LIST 2 dez.bin:10 vazio.txt:0'));
    await ask(stage, n, dl(0), n.message('FILE dez.bin 4 0 MDEyMw=='));
  });
});

describe.concurrent('asking a program with an entry a line', () => {
  scenario('multiline', 'multiline: hello, lists, chunks', async (stage, n) => {
    await sayHello(stage, n, '');
    await ask(stage, n, LS, n.message('LS_LIST 3 dez.bin:10\na:1\nb:2\n\n'));
    await ask(stage, n, GET_PEERS, n.message('PEER_LIST 2 127.0.0.1:9:ONLINE:4\n127.0.0.1:8:OFFLINE:1\n\n'));
    await ask(stage, n, LS, n.message('LS_LIST 0\n\n'));
    await ask(stage, n, dl(0), n.line('FILE dez.bin 4 0 MDEyMw=='));
  });

  scenario('multiline-pieces', 'multiline: a list whose lines come one by one', async (stage, n) => {
    const asked = stage.request(n, LS);
    const c = await n.accepted();
    await c.lines(1);
    await c.writePieces(n.message('LS_LIST 3 dez.bin:10\n'), 'a:', '1\nb:2');
    c.end('\n\n');
    await asked;
    await c.ended();
  });

  scenario('multiline-fewer', 'multiline: fewer entries than told', async (stage, n) => {
    await ask(stage, n, LS, n.message('LS_LIST 3 dez.bin:10\na:1\n\n'));
  });
});

/** The neighbour closes without a word and replies on a connection of its own. */
async function calledBack(
  stage: Stage,
  n: RecordedNeighbour,
  draft: RequestDraft,
  reply: string,
): Promise<void> {
  const asked = stage.request(n, draft);
  const c = await n.accepted();
  await c.lines(1);
  c.end();
  await c.ended();
  const back = await n.dial();
  back.end(reply);
  await asked;
  await back.ended();
}

describe.concurrent('asking a program that replies on a new connection', () => {
  scenario('callback', 'callback: hello, lists, chunks', async (stage, n) => {
    await sayHello(stage, n, '');
    await calledBack(stage, n, LS, n.line('LS_LIST 1 dez.bin:10'));
    await calledBack(stage, n, GET_PEERS, n.line('PEER_LIST 1 127.0.0.1:9:ONLINE:4'));
    await calledBack(stage, n, dl(0), n.line('FILE dez.bin 4 0 MDEyMw=='));
    await calledBack(stage, n, dl(2), n.message('FILE dez.bin 2 2 ODk='));
  });

  scenario('callback-at-once', 'callback: the reply comes before the close', async (stage, n) => {
    const asked = stage.request(n, LS);
    const c = await n.accepted();
    await c.lines(1);
    const back = await n.dial();
    back.end(n.line('LS_LIST 1 a:3'));
    await asked;
    await back.ended();
    await c.ended();
  });

  scenario('callback-other-order', 'callback: two chunks, replies in the other order', async (stage, n) => {
    await calledBack(stage, n, LS, n.line('LS_LIST 1 dez.bin:10'));
    const asked = stage.chunks(n, { token: 'dez.bin', size: 4, chunks: 3 }, [0, 1]);
    for (let number = 0; number < 2; number++) {
      const c = await n.accepted();
      await c.lines(1);
      c.end();
      await c.ended();
    }
    for (const reply of ['FILE dez.bin 4 1 NDU2Nw==', 'FILE dez.bin 4 0 MDEyMw==']) {
      const back = await n.dial();
      back.end(n.line(reply));
      await back.ended();
    }
    await asked;
  });

  scenario('callback-whole-file', 'callback: the whole file in place of a chunk', async (stage, n) => {
    await calledBack(stage, n, LS, n.line('LS_LIST 1 dez.bin:10'));
    await calledBack(stage, n, dl(1), n.line('FILE dez.bin 0 0 MDEyMzQ1Njc4OQ=='));
  });

  scenario('callback-wrong-then-right', 'callback: another chunk before the right one', async (stage, n) => {
    await calledBack(stage, n, LS, n.line('LS_LIST 1 dez.bin:10'));
    const asked = stage.request(n, dl(1));
    const c = await n.accepted();
    await c.lines(1);
    c.end();
    await c.ended();
    for (const reply of ['FILE dez.bin 4 0 MDEyMw==', 'FILE dez.bin 4 1 NDU2Nw==']) {
      const back = await n.dial();
      back.end(n.line(reply));
      await back.ended();
    }
    await asked;
  });

  scenario('callback-stranger', 'callback: somebody else replies in its place', async (stage, n) => {
    const other = await stage.neighbour();
    const asked = stage.request(n, LS);
    const c = await n.accepted();
    await c.lines(1);
    c.end();
    await c.ended();
    const wrong = await other.dial();
    wrong.end(other.line('LS_LIST 1 falso:3'));
    await wrong.ended();
    const right = await n.dial();
    right.end(n.line('LS_LIST 1 a:3'));
    await asked;
    await right.ended();
  });

  scenario('callback-unasked', 'callback: a reply that nobody has asked for', async (_, n) => {
    const back = await n.dial();
    back.end(n.line('LS_LIST 1 a:3'));
    await back.ended();
  });
});

describe.concurrent('asking a program that keeps its connection', () => {
  scenario('persistent', 'persistent: asked again and again, and asking us', async (stage, n) => {
    const asked = stage.request(n, LS);
    const c = await n.accepted();
    await c.lines(1);
    c.write(n.line('LS_LIST 1 dez.bin:10'));
    await asked;
    const again = stage.request(n, GET_PEERS);
    await c.lines(2);
    c.write(n.line('PEER_LIST 0'));
    await again;
    c.write(n.line('LS'));
    await c.lines(3);
    c.write(n.line('DL dez.bin 4 0'));
    await c.lines(4);
    const chunk = stage.request(n, dl(0));
    await c.lines(5);
    c.write(n.line('GET_PEERS'));
    await c.lines(6);
    c.write(n.line('FILE dez.bin 4 0 MDEyMw=='));
    await chunk;
    c.write(n.line('BYE'));
    await c.ended();
    await stage.event('neighbour-status-changed');
  });

  scenario(
    'persistent-hello',
    'persistent: HELLO, requests and BYE of ours on one connection',
    async (stage, n) => {
      await stage.hello(n);
      const c = await n.accepted();
      for (const [number, draft] of [LS, GET_PEERS, dl(0)].entries()) {
        const asked = stage.request(n, draft);
        await c.lines(number + 2);
        c.write(n.line(['LS_LIST 1 dez.bin:10', 'PEER_LIST 0', 'FILE dez.bin 4 0 MDEyMw=='][number] ?? ''));
        await asked;
      }
      const said = stage.bye(n);
      await c.lines(5);
      await c.ended();
      await said;
    },
  );

  scenario(
    'persistent-two-at-once',
    'persistent: two requests at once wait for each other',
    async (stage, n) => {
      await stage.hello(n);
      const c = await n.accepted();
      const first = stage.request(n, LS);
      const second = stage.request(n, GET_PEERS);
      await c.lines(2);
      c.write(n.line('LS_LIST 1 dez.bin:10'));
      await first;
      await c.lines(3);
      c.write(n.line('PEER_LIST 0'));
      await second;
    },
  );

  scenario('hello-late', 'HELLO answered late, then a request on that connection', async (stage, n) => {
    await stage.hello(n);
    const c = await n.accepted();
    c.write(n.line('RETURN_HELLO'));
    await stage.event('message-received');
    const asked = stage.request(n, LS);
    await c.lines(2);
    c.write(n.line('LS_LIST 1 a:3'));
    await asked;
  });

  scenario('hello-late-session', 'HELLO answered late by a program like ours', async (stage, n) => {
    await stage.hello(n);
    const c = await n.accepted();
    c.write(n.line('RETURN_HELLO sessao sha256'));
    await stage.event('message-received');
    const asked = stage.request(n, LS);
    await c.lines(2);
    c.write(n.line('LS_LIST 1 a:3'));
    await asked;
  });

  scenario(
    'kept-unasked-reply',
    'a reply that nobody has asked for on a kept connection',
    async (stage, n) => {
      await stage.hello(n);
      const c = await n.accepted();
      c.write(n.line('LS_LIST 1 a:3'));
      await c.ended();
    },
  );

  scenario('persistent-closed', 'persistent: closed meanwhile, dialled again', async (stage, n) => {
    for (let time = 0; time < 2; time++) {
      const asked = stage.request(n, LS);
      const c = await n.accepted();
      await c.lines(1);
      c.write(n.line('LS_LIST 0'));
      await asked;
      if (time === 1) break;
      const again = stage.request(n, LS);
      await c.lines(2);
      c.write(n.line('LS_LIST 0'));
      await again;
      c.end();
      await c.ended();
    }
  });
});

/** Grants the session that the peer asks for. */
async function session(
  stage: Stage,
  n: RecordedNeighbour,
  capabilities = 'sessao sha256',
): Promise<RecordedConnection> {
  const prepared = stage.prepare(n, 100);
  const c = await n.accepted();
  await c.lines(1);
  c.write(n.line(`RETURN_HELLO ${capabilities}`));
  await prepared;
  return c;
}

const TEN = { token: 'dez.bin', size: 1, chunks: 10 };
const INDICES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const chunk = (index: number) => `FILE dez.bin 1 ${index} ${Buffer.from(String(index)).toString('base64')}`;

describe.concurrent('a session of ours', () => {
  scenario('session', 'session: chunks in one go, lists, a digest, BYE', async (stage, n) => {
    const c = await session(stage, n);
    const asked = stage.chunks(n, TEN, INDICES);
    await c.lines(11);
    c.write(INDICES.map((index) => n.line(chunk(index))).join(''));
    await asked;
    const drafts = [LS, GET_PEERS, { type: 'DIGEST', token: 'dez.bin' }] as const;
    const replies = ['LS_LIST 1 dez.bin:10', 'PEER_LIST 0', `DIGEST_OF dez.bin 10 ${'0a'.repeat(32)}`];
    for (const [number, draft] of drafts.entries()) {
      const one = stage.request(n, draft);
      await c.lines(12 + number);
      c.write(n.line(replies[number] ?? ''));
      await one;
    }
    const said = stage.bye(n);
    await c.lines(15);
    await c.ended();
    await said;
  });

  scenario('session-errors', 'session: ERROR for some chunks', async (stage, n) => {
    const c = await session(stage, n);
    const asked = stage.chunks(n, TEN, [0, 1, 2, 3]);
    await c.lines(5);
    const replies = [chunk(0), 'ERROR DL not-found dez.bin 1 1', chunk(2), 'ERROR DL busy dez.bin 1 3'];
    c.write(replies.map((body) => n.line(body)).join(''));
    await asked;
    const digest = stage.request(n, { type: 'DIGEST', token: 'dez.bin' });
    await c.lines(6);
    c.write(n.line('ERROR DIGEST busy dez.bin'));
    await digest;
  });

  scenario('session-byte-by-byte', 'session: replies byte by byte', async (stage, n) => {
    const c = await session(stage, n);
    const asked = stage.chunks(n, TEN, [0, 1]);
    await c.lines(3);
    await c.writePieces(...(n.line(chunk(0)) + n.line(chunk(1))));
    await asked;
  });

  scenario('session-stray', 'session: a chunk twice, the next one behind it', async (stage, n) => {
    const c = await session(stage, n);
    const asked = stage.chunks(n, TEN, [0, 1]);
    await c.lines(3);
    c.write(n.line(chunk(0)) + n.line(chunk(0)) + n.line(chunk(1)));
    await asked;
  });

  scenario('session-lost', 'session: reset with chunks under way', async (stage, n) => {
    const c = await session(stage, n);
    const asked = stage.chunks(n, TEN, [0, 1, 2]);
    await c.lines(4);
    c.write(n.line(chunk(0)));
    await stage.event('message-received', 2);
    c.reset();
    await asked;
  });

  scenario('session-closed', 'session: closed with chunks under way', async (stage, n) => {
    const c = await session(stage, n);
    const asked = stage.chunks(n, TEN, [0, 1, 2]);
    await c.lines(4);
    c.end(n.line(chunk(0)));
    await asked;
    await c.ended();
  });

  scenario('session-garbage', 'session: what is no message in place of a chunk', async (stage, n) => {
    const c = await session(stage, n);
    const asked = stage.chunks(n, TEN, [0, 1]);
    await c.lines(3);
    c.write('lixo\n');
    await asked;
    await c.ended();
  });

  scenario('session-after-hello', 'session: taught by the answer to a plain HELLO', async (stage, n) => {
    const said = stage.hello(n);
    const c = await n.accepted();
    await c.lines(1);
    c.write(n.line('RETURN_HELLO sessao sha256'));
    await said;
    const asked = stage.request(n, LS);
    await c.lines(2);
    c.write(n.line('RETURN_HELLO sessao sha256'));
    await c.lines(3);
    c.write(n.line('LS_LIST 1 dez.bin:10'));
    await asked;
  });

  scenario('session-no-digests', 'session: without sha256', async (stage, n) => {
    const c = await session(stage, n, 'sessao outra-coisa');
    const asked = stage.chunks(n, TEN, [0]);
    await c.lines(2);
    c.write(n.line(chunk(0)));
    await asked;
  });
});

describe.concurrent('a session that is refused', () => {
  for (const [name, what, answer] of [
    ['eof', 'EOF', () => ''],
    ['prefixed', 'a length before the answer', (n: RecordedNeighbour) => n.prefixed('RETURN_HELLO')],
    ['raw', 'an answer without newline', (n: RecordedNeighbour) => n.message('RETURN_HELLO')],
    ['plain', 'a RETURN_HELLO without capabilities', (n: RecordedNeighbour) => n.line('RETURN_HELLO')],
    ['garbage', 'what is no message', () => 'lixo\n'],
  ] as const) {
    scenario(`session-refused-${name}`, `no session: ${what}`, async (stage, n) => {
      const prepared = stage.prepare(n, 100);
      const c = await n.accepted();
      await c.lines(1);
      c.end(answer(n));
      await prepared;
      await c.ended();
      const asked = stage.chunks(n, TEN, [0]);
      const d = await n.accepted();
      await d.lines(1);
      const reply = chunk(0);
      d.end(name === 'prefixed' ? n.prefixed(reply) : name === 'raw' ? n.message(reply) : n.line(reply));
      await asked;
      await d.ended();
      // Once is enough.
      await stage.prepare(n, 100);
    });
  }

  scenario(
    'session-refused-silence',
    'no session: silence, then a chunk on that connection',
    async (stage, n) => {
      await stage.prepare(n, 100);
      const c = await n.accepted();
      const asked = stage.chunks(n, TEN, [0]);
      await c.lines(2);
      c.end(n.line(chunk(0)));
      await asked;
      await c.ended();
    },
  );

  scenario('session-not-worth', 'no session: eight chunks are not worth a try', async (stage, n) => {
    await stage.prepare(n, 8);
    const asked = stage.chunks(n, { ...TEN, chunks: 8 }, [0]);
    const c = await n.accepted();
    await c.lines(1);
    c.end(n.line(chunk(0)));
    await asked;
    await c.ended();
  });
});
