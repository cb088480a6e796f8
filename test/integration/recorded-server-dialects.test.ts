import { describe, it } from 'vitest';
import type { Address } from '../../src/protocol/address.ts';
import { compareWithFixture, type RecordedNeighbour, type Stage } from '../helpers/recorded-wire.ts';

/** What programs see that ask us in other dialects than lines, and in sessions; the bytes stand in fixtures/wire/peer. */
const FILES = {
  'hello.txt': Buffer.from('hello!\n'),
  'dez.bin': Buffer.from('0123456789'),
  'vazio.txt': Buffer.alloc(0),
};
const KNOWS = ['127.0.0.1:9', '10.0.0.1:5001'] as Address[];

function scenario(
  name: string,
  what: string,
  script: (stage: Stage, n: RecordedNeighbour) => Promise<void>,
  order?: 'pipelined',
) {
  it(what, () =>
    compareWithFixture(`server-${name}`, what, { files: FILES, knows: KNOWS, order }, async (stage) =>
      script(stage, await stage.neighbour()),
    ),
  );
}

/** Lists, chunks of all kinds and what is refused, in the words of all dialects. */
const REQUESTS = [
  'GET_PEERS',
  'LS',
  'DL dez.bin 4 0',
  'DL dez.bin 4 2',
  'DL dez.bin 0 0',
  'DL vazio.txt 4 0',
];
const REFUSED = ['DL nada 4 0', 'DL dez.bin 4 3', 'FORMAT c:'];

async function knock(n: RecordedNeighbour): Promise<void> {
  const empty = await n.dial();
  empty.end();
  await empty.ended();
}

describe.concurrent('a program with a length before its messages', () => {
  scenario('prefixed-hello', 'prefixed: HELLO behind an empty connection', async (_, n) => {
    await knock(n);
    const c = await n.dial();
    c.write(n.line('HELLO'));
    const probe = await n.accepted();
    await probe.lines(1);
    probe.end(n.prefixed('RETURN_HELLO'));
    await probe.ended();
    await c.ended();
  });

  scenario('prefixed-requests', 'prefixed: requests, the first one with a probe', async (_, n) => {
    for (const [number, body] of [...REQUESTS, ...REFUSED, 'BYE'].entries()) {
      await knock(n);
      const c = await n.dial();
      c.write(n.line(body));
      if (number === 0) {
        const probe = await n.accepted();
        await probe.lines(1);
        probe.end(n.prefixed('RETURN_HELLO'));
        await probe.ended();
      }
      await c.ended();
    }
  });
});

describe.concurrent('a program without newlines', () => {
  scenario('raw-requests', 'raw: requests, the first one with a probe', async (_, n) => {
    const bodies = ['LS', 'GET_PEERS', 'DL dez.bin:10 0 0', 'DL dez.bin 4 2', 'HELLO', 'DL nada 0 0', 'BYE'];
    for (const [number, body] of bodies.entries()) {
      await knock(n);
      const c = await n.dial();
      c.write(n.line(body));
      if (number === 0) {
        const probe = await n.accepted();
        await probe.lines(1);
        probe.end(n.message('RETURN_HELLO'));
        await probe.ended();
      }
      await c.ended();
    }
  });
});

describe.concurrent('a probe', () => {
  scenario('probe-line', 'probe: closed without an answer', async (_, n) => {
    await knock(n);
    const c = await n.dial();
    c.write(n.line('LS'));
    const probe = await n.accepted();
    await probe.lines(1);
    probe.end();
    await probe.ended();
    await c.ended();
  });

  scenario('probe-session', 'probe: a program like ours', async (_, n) => {
    await knock(n);
    const c = await n.dial();
    c.write(n.line('LS'));
    const probe = await n.accepted();
    await probe.lines(1);
    probe.write(n.line('RETURN_HELLO sessao sha256'));
    await c.ended();
  });

  scenario('probe-silence', 'probe: no answer', async (_, n) => {
    await knock(n);
    const c = await n.dial();
    c.write(n.line('LS'));
    await c.ended();
  });

  scenario('probe-nobody', 'probe: nobody listens at the address of the asker', async (stage) => {
    const nobody = stage.nobody();
    await knock(nobody);
    const c = await nobody.dial();
    c.write(nobody.line('LS'));
    await c.ended();
  });
});

describe.concurrent('a program that wants replies on new connections', () => {
  scenario('callback-requests', 'callback: requests with their FIN', async (_, n) => {
    for (const body of REQUESTS) {
      const c = await n.dial();
      c.end(n.line(body));
      const reply = await n.accepted();
      await reply.ended();
      await c.ended();
    }
  });

  scenario('callback-no-newline', 'callback: requests without newline', async (_, n) => {
    for (const body of ['LS', 'DL dez.bin 4 1']) {
      const c = await n.dial();
      c.end(n.message(body));
      const reply = await n.accepted();
      await reply.ended();
      await c.ended();
    }
  });

  scenario('callback-refused', 'callback: what gets no answer', async (_, n) => {
    for (const body of ['HELLO', ...REFUSED, 'BYE']) {
      const c = await n.dial();
      c.end(n.line(body));
      await c.ended();
    }
  });

  scenario(
    'callback-nobody',
    'callback: nobody listens, the reply goes back where it was asked',
    async (stage) => {
      const nobody = stage.nobody();
      const c = await nobody.dial();
      c.end(nobody.line('LS'));
      await c.ended();
    },
  );

  scenario('callback-then-open', 'callback: the second request stays open', async (_, n) => {
    const c = await n.dial();
    c.end(n.line('LS'));
    await (await n.accepted()).ended();
    await c.ended();
    const d = await n.dial();
    d.write(n.line('LS'));
    await d.ended();
  });

  scenario('line-then-callback', 'line, then a request with its FIN', async (_, n) => {
    const c = await n.dial();
    c.write(n.line('LS'));
    await c.ended();
    const d = await n.dial();
    d.end(n.line('LS'));
    await d.ended();
  });
});

describe.concurrent('a program that keeps its connection', () => {
  scenario('persistent-requests', 'persistent: HELLO and everything on one connection', async (stage, n) => {
    const c = await n.dial();
    c.write(n.line('HELLO'));
    for (const [number, body] of REQUESTS.entries()) {
      await c.lines(number + 1);
      c.write(n.line(body));
    }
    await c.lines(REQUESTS.length + 1);
    c.write(n.line('BYE'));
    await c.ended();
    await stage.event('neighbour-status-changed');
  });

  scenario(
    'persistent-both-ways',
    'persistent: both ask, on the connection that we opened, and then on the one that it opened',
    async (stage, n) => {
      const c = await n.dial();
      c.write(n.line('HELLO'));
      await c.lines(1);
      c.write(n.line('LS'));
      await c.lines(2);
      // Anybody may open a connection in its name: it is dialled once.
      const asked = stage.request(n, { type: 'LS' });
      const d = await n.accepted();
      await d.lines(1);
      d.write(n.line('LS_LIST 1 a:3'));
      await asked;
      d.write(n.line('GET_PEERS'));
      await d.lines(2);
      const again = stage.request(n, { type: 'DL', token: 'a', size: 256, index: 0 });
      await d.lines(3);
      // Its own request stands before its reply.
      d.write(n.line('DL dez.bin 4 0') + n.line('FILE a 3 0 YWJj'));
      await again;
      await d.lines(4);
      d.end();
      await d.ended();
      c.write(n.line('GET_PEERS'));
      await c.lines(3);
      const askedThere = stage.request(n, { type: 'LS' });
      await c.lines(4);
      c.write(n.line('LS_LIST 1 a:3'));
      await askedThere;
      const left = stage.bye(n);
      await c.lines(5);
      await left;
      await c.ended();
    },
  );

  scenario('persistent-refused', 'persistent: a file that is not there', async (_, n) => {
    const c = await n.dial();
    c.write(n.line('HELLO'));
    await c.lines(1);
    c.write(n.line('LS'));
    await c.lines(2);
    c.write(n.line('DL nada 4 0'));
    await c.ended();
  });
});

describe.concurrent('a program with an entry a line', () => {
  scenario('multiline-requests', 'multiline: requests with a space before the newline', async (_, n) => {
    for (const body of ['HELLO', ...REQUESTS, ...REFUSED, 'BYE']) {
      const c = await n.dial();
      c.write(n.line(`${body} `));
      await c.ended();
    }
  });

  scenario(
    'multiline-dl-first',
    'multiline: a DL with a space before its newline, then a list without',
    async (_, n) => {
      for (const body of ['DL dez.bin 4 0 ', 'LS']) {
        const c = await n.dial();
        c.write(n.line(body));
        await c.ended();
      }
    },
  );
});

describe.concurrent('a session with us', () => {
  scenario('session-requests', 'session: all requests, one by one', async (stage, n) => {
    const c = await n.dial();
    const bodies = ['HELLO sessao', ...REQUESTS, 'DIGEST dez.bin', 'HELLO', 'HELLO sessao'];
    for (const [number, body] of bodies.entries()) {
      c.write(n.line(body));
      await c.lines(number + 1);
    }
    c.write(n.line('BYE'));
    await c.ended();
    await stage.event('neighbour-status-changed');
  });

  scenario(
    'session-pipelined',
    'session: requests in one write, errors among them',
    async (_, n) => {
      const bodies = [
        'HELLO sessao',
        ...['DL dez.bin 4 0', 'DL nada 4 0', 'DL dez.bin 4 2', 'DL dez.bin 4 3', 'DL dez.bin 4', 'LS'],
        ...[
          'FORMAT c:',
          'DIGEST nada',
          'DIGEST dez.bin',
          'DL dez.bin 99999999 0',
          'DL dez.bin 0 1',
          'GET_PEERS',
        ],
        ...['DL hello.txt 7 0', 'DL hello.txt 1 6', 'DL ../x 1 0', 'DIGEST'],
      ];
      const c = await n.dial();
      c.write(bodies.map((body) => n.line(body)).join(''));
      await c.lines(bodies.length);
      c.end();
      await c.ended();
    },
    'pipelined',
  );

  scenario(
    'session-fin-with-requests',
    'session: requests and the FIN in one write',
    async (_, n) => {
      const c = await n.dial();
      c.write(n.line('HELLO sessao'));
      await c.lines(1);
      c.end(['DL dez.bin 4 0', 'DL dez.bin 4 1', 'DL dez.bin 4 2'].map((body) => n.line(body)).join(''));
      await c.ended();
    },
    'pipelined',
  );

  scenario('session-pieces', 'session: requests cut at odd places', async (_, n) => {
    const c = await n.dial();
    for (const [number, body] of ['HELLO sessao', 'DL dez.bin 4 0', 'DL dez.bin 4 1'].entries()) {
      await c.writePieces(...(n.line(body).match(/[^]{1,7}/g) ?? []));
      await c.lines(number + 1);
    }
    c.end();
    await c.ended();
  });

  scenario('session-malformed', 'session: a line that is no message', async (_, n) => {
    const c = await n.dial();
    c.write(n.line('HELLO sessao'));
    await c.lines(1);
    c.write('lixo\n');
    await c.ended();
  });

  scenario('session-other-origin', 'session: a request in another name', async (_, n) => {
    const c = await n.dial();
    c.write(n.line('HELLO sessao'));
    await c.lines(1);
    c.write('127.0.0.1:9 7 LS\n');
    await c.ended();
  });

  scenario('session-own-origin', 'session: a request in our name', async (stage, n) => {
    const c = await n.dial();
    c.write(n.line('HELLO sessao'));
    await c.lines(1);
    c.write(`${stage.peer.address} 7 LS\n`);
    await c.ended();
  });

  scenario('session-too-long', 'session: a line without end', async (_, n) => {
    const c = await n.dial();
    c.write(n.line('HELLO sessao'));
    await c.lines(1);
    c.write('x'.repeat(5_000));
    await c.ended();
  });

  scenario('session-unasked-file', 'session: a reply that nobody has asked for', async (_, n) => {
    const c = await n.dial();
    c.write(n.line('HELLO sessao'));
    await c.lines(1);
    c.write(n.line('FILE a 1 0 YQ=='));
    await c.ended();
  });

  scenario('session-then-one-shot', 'session: a one-shot request beside it', async (_, n) => {
    const c = await n.dial();
    c.write(n.line('HELLO sessao'));
    await c.lines(1);
    const d = await n.dial();
    d.write(n.line('LS'));
    await d.ended();
    c.write(n.line('LS'));
    await c.lines(2);
  });

  scenario('session-we-ask-too', 'session: our own request to its client', async (stage, n) => {
    const c = await n.dial();
    c.write(n.line('HELLO sessao'));
    await c.lines(1);
    const asked = stage.request(n, { type: 'LS' });
    const d = await n.accepted();
    await d.lines(1);
    d.write(n.line('RETURN_HELLO sessao sha256'));
    await d.lines(2);
    d.write(n.line('LS_LIST 1 a:3'));
    await asked;
  });

  scenario('session-lost', 'session: reset by its client', async (_, n) => {
    const c = await n.dial();
    c.write(n.line('HELLO sessao'));
    await c.lines(1);
    c.reset();
    const d = await n.dial();
    d.write(n.line('LS'));
    await d.ended();
  });
});
