import { describe, expect, it } from 'vitest';
import { JudgedProgram, type Steps } from '../helpers/judged-program.ts';
import { JUDGED_FILES, verdictsOf } from '../helpers/judged.ts';

/** A program with one mistake, and the only cases that may find it; what stands on them is not judged. */
type Mutant = readonly [what: string, steps: Partial<Steps>, broken: string, ...others: string[]];

const textOf = (data: Buffer): Buffer => Buffer.from(data.toString('utf8'));

const MUTANTS: readonly Mutant[] = [
  ['a reply without tick', { send: (own) => own }, 'relogio.mais-dois'],
  [
    'a receipt without tick',
    { receive: (own, told) => Math.max(own, told) },
    'relogio.mais-dois',
    'relogio.hello-conta',
    'relogio.bye-conta',
  ],
  ['a tick by 2', { send: (own) => own + 2 }, 'relogio.mais-dois'],
  ['the clock of the request is not looked at', { receive: (own) => own + 1 }, 'relogio.maximo-recebido'],
  [
    'the clock of the request is taken as it is',
    { receive: (_, told) => told + 1 },
    'relogio.maximo-proprio',
  ],
  [
    'HELLO does not count',
    { receive: (own, told, type) => (type === 'HELLO' ? own : Math.max(own, told) + 1) },
    'relogio.hello-conta',
  ],
  [
    'BYE does not count',
    { receive: (own, told, type) => (type === 'BYE' ? own : Math.max(own, told) + 1) },
    'relogio.bye-conta',
  ],
  ['a clock with a decimal point', { clockText: (clock) => `${clock}.0` }, 'relogio.presente'],
  ['a count of all neighbours', { count: (entries) => entries + 1 }, 'get-peers.contagem', 'ls.contagem'],
  ['the requester in the list', { peers: (_, all) => all }, 'get-peers.sem-quem-pergunta'],
  ['itself in the list', { peers: (entries, _, own) => [...entries, `${own}:ONLINE:3`] }, 'get-peers.sem-si'],
  [
    'a neighbour twice',
    { peers: ([first = '', ...others]) => [first, first, ...others] },
    'get-peers.sem-repetidos',
  ],
  ['no clock in the entries', { told: ({ status }) => status }, 'get-peers.entradas'],
  [
    'another word for the status',
    { told: ({ status, clock }) => `${status.toLowerCase()}:${clock}` },
    'get-peers.status',
  ],
  ['a clock that is no number', { told: ({ status }) => `${status}:None` }, 'get-peers.relogios-numeros'],
  ['a clock of 0 for everybody', { told: ({ status }) => `${status}:0` }, 'get-peers.relogios-contados'],
  [
    'only HELLO makes known',
    { learn: ({ origin, type }) => (type === 'GET_PEERS' ? undefined : origin) },
    'get-peers.aprende',
  ],
  [
    'HELLO does not make known',
    { learn: ({ origin, type }) => (type === 'HELLO' ? undefined : origin) },
    'hello-bye.online',
  ],
  ['BYE leaves ONLINE', { status: () => 'ONLINE' }, 'hello-bye.offline'],
  [
    'BYE is answered',
    { answer: (type) => ({ GET_PEERS: 'PEER_LIST', LS: 'LS_LIST', DL: 'FILE', BYE: 'BYE' })[type] },
    'hello-bye.resposta-bye',
  ],
  [
    'HELLO is answered with a HELLO',
    { answer: (type) => ({ GET_PEERS: 'PEER_LIST', LS: 'LS_LIST', DL: 'FILE', HELLO: 'HELLO' })[type] },
    'hello-bye.resposta-hello',
  ],
  [
    'a list without newline',
    { line: (text, type) => (type.endsWith('LIST') ? text : `${text}\n`) },
    'mensagem.fim',
  ],
  [
    'a second newline behind a FILE',
    { line: (text, type) => (type === 'FILE' ? `${text}\n\n` : `${text}\n`) },
    'mensagem.uma-linha',
  ],
  ['a line of Windows', { line: (text) => `${text}\r\n` }, 'mensagem.caracteres'],
  ['a space at the end', { line: (text) => `${text} \n` }, 'mensagem.espacos'],
  ['two spaces', { line: (text) => `${text.replace(' ', '  ')}\n` }, 'mensagem.espacos'],
  [
    "the socket's port as the origin",
    { origin: (_, socket) => `127.0.0.1:${socket.remotePort}` },
    'mensagem.origem',
  ],
  ['a folder in the list', { files: (entries) => [...entries, '.git:4096'] }, 'ls.so-arquivos'],
  ['a path in the list', { files: (entries) => [...entries, 'shared/b.txt:9'] }, 'ls.so-arquivos'],
  ['a raw space in a name', { files: (entries) => [...entries, 'minha aula.pdf:90000'] }, 'ls.nomes'],
  ['an entry without its size', { files: (entries) => [...entries, 'c.txt'] }, 'ls.entradas'],
  [
    'sizes of text, not of bytes',
    { files: (entries) => entries.map((entry) => (entry.startsWith('b.txt') ? 'b.txt:740' : entry)) },
    'ls.tamanhos',
  ],
  [
    'the name with its folder',
    { file: (name, size, index, data) => [`shared/${name}`, size === 0 ? 0 : data.length, index] },
    'dl-file.nome',
  ],
  [
    "another chunk's FILE",
    { file: (name, size, index, data) => [name, data.length, size === 0 ? 0 : index + 1] },
    'dl-file.indice',
  ],
  [
    'the index begins with 1',
    {
      chunk: (data, size, index) => data.subarray(Math.max(0, (index - 1) * size), Math.max(0, index * size)),
    },
    'dl-file.do-zero',
  ],
  [
    'no chunk 0',
    {
      chunk: (data, size, index) =>
        index === 0 ? undefined : data.subarray((index - 1) * size, index * size),
    },
    'dl-file.do-zero',
  ],
  [
    'base64 of text',
    {
      base64: (data) => textOf(data).toString('base64'),
      file: (name, size, index, data) => [name, size === 0 ? 0 : textOf(data).length, index],
    },
    'dl-file.bytes',
  ],
  [
    'read as text, cut afterwards',
    { chunk: (data, size, index) => textOf(data).subarray(index * size, (index + 1) * size) },
    'dl-file.bytes',
  ],
  ['no base64 at all', { base64: (data) => data.toString('hex').replaceAll('0', '*') }, 'dl-file.base64'],
  ['base64 for addresses', { base64: (data) => data.toString('base64url') }, 'dl-file.base64'],
  [
    'characters counted in place of bytes',
    { file: (name, size, index, data) => [name, size === 0 ? 0 : data.toString('base64').length, index] },
    'dl-file.tamanho-dito',
  ],
  [
    'the last chunk padded',
    {
      chunk: (data, size, index) =>
        index * size < data.length
          ? Buffer.concat([data.subarray(index * size, (index + 1) * size), Buffer.alloc(size)]).subarray(
              0,
              size,
            )
          : undefined,
    },
    'dl-file.ultimo',
  ],
  [
    'the last chunk left out',
    {
      chunk: (data, size, index) =>
        (index + 1) * size <= data.length || size > data.length
          ? data.subarray(index * size, (index + 1) * size)
          : Buffer.alloc(0),
    },
    'dl-file.ultimo',
  ],
  [
    'no chunk where it is a whole one and the last',
    {
      chunk: (data, size, index) =>
        (index + 1) * size === data.length && index > 0
          ? Buffer.alloc(0)
          : data.subarray(index * size, (index + 1) * size),
    },
    'dl-file.exatos',
  ],
  [
    'chunks of its own size',
    {
      chunk: (data, size, index) =>
        size === 1_000
          ? data.subarray(index * 1_024, index * 1_024 + 1_000)
          : data.subarray(index * size, (index + 1) * size),
    },
    'dl-file.chunk-1000',
  ],
  [
    'no whole file',
    { file: (name, size, index, data) => [name, data.length, index, ...(size === 0 ? ['None'] : [])] },
    'dl-file.inteiro',
    'dl-file.vazio',
  ],
];

describe.concurrent('a program with one mistake', () => {
  it.each(MUTANTS.map(([what, steps, ...broken]) => ({ what, steps, broken })))(
    '$what',
    async ({ steps, broken }) => {
      await using program = await JudgedProgram.start({ files: JUDGED_FILES, steps });
      const verdicts = await verdictsOf(program.address);
      expect(verdicts.broken).toEqual(broken);
      expect(verdicts.tolerated).toEqual([]);
    },
  );

  it('none: all cases hold that apply', async () => {
    await using program = await JudgedProgram.start({ files: JUDGED_FILES });
    expect(await verdictsOf(program.address)).toEqual({
      dialect: 'line',
      broken: [],
      tolerated: [],
      notApplicable: ['ls.vazia'],
    });
  });

  it('an empty folder', async () => {
    await using program = await JudgedProgram.start({});
    const { broken, notApplicable } = await verdictsOf(program.address);
    expect(broken).toEqual([]);
    expect(notApplicable).not.toContain('ls.vazia');
    expect(notApplicable.filter((id) => !id.startsWith('dl-file.'))).toEqual(['ls.nomes', 'ls.tamanhos']);
  });
});

/** What ends a fragile program, or hangs it. */
const FRAGILE: readonly Mutant[] = [
  ['dies at garbage', { garbage: (text) => (/oi/.test(text) ? 'dies' : 'closes') }, 'robustez.lixo'],
  [
    'dies of an unknown type',
    { garbage: (text) => (/XYZ/.test(text) ? 'dies' : 'closes') },
    'robustez.tipo-desconhecido',
  ],
  [
    'dies of missing arguments',
    { garbage: (text) => (/DL\n/.test(text) ? 'dies' : 'closes') },
    'robustez.sem-argumentos',
  ],
  [
    'dies of a long line',
    { garbage: (text) => (text.length > 1_000 ? 'dies' : 'closes') },
    'robustez.sem-fim',
  ],
  ['dies of half a request', { isWhole: () => true, garbage: () => 'dies' }, 'robustez.dois-segmentos'],
  [
    'answers what is not there',
    { absent: () => Buffer.from('lies') },
    'robustez.arquivo-que-falta',
    'robustez.indice-alem',
  ],
  ['answers one connection of many', { serves: (open) => open < 9 }, 'robustez.vinte-conexoes'],
];

describe.concurrent('a fragile program, judged with rigour', () => {
  it.each(FRAGILE.map(([what, steps, ...broken]) => ({ what, steps, broken })))(
    '$what',
    async ({ steps, broken }) => {
      await using program = await JudgedProgram.start({ files: JUDGED_FILES, steps });
      expect((await verdictsOf(program.address, { isRigorous: true })).broken).toEqual(broken);
      // Without rigour nothing of that is done to it.
      await using gentle = await JudgedProgram.start({ files: JUDGED_FILES, steps });
      expect((await verdictsOf(gentle.address)).broken).toEqual([]);
    },
  );

  it('a program that ends is said to have ended, and the rest is not judged', async () => {
    await using program = await JudgedProgram.start({
      files: JUDGED_FILES,
      steps: { garbage: () => 'dies' },
    });
    const { broken, notApplicable } = await verdictsOf(program.address, { isRigorous: true });
    expect(broken).toEqual(['robustez.tipo-desconhecido']);
    expect(notApplicable.slice(1)).toEqual([
      'robustez.sem-argumentos',
      'robustez.argumentos-letras',
      'robustez.lixo',
      'robustez.arquivo-que-falta',
      'robustez.indice-alem',
      'robustez.sem-fim',
    ]);
  });

  it('the habits of the field are tolerated', async () => {
    const steps = { missing: () => 'None' };
    await using program = await JudgedProgram.start({ files: JUDGED_FILES, steps });
    const { broken, tolerated } = await verdictsOf(program.address, { isRigorous: true });
    expect({ broken, tolerated }).toEqual({
      broken: [],
      tolerated: ['robustez.arquivo-que-falta', 'robustez.indice-alem'],
    });
    await using once = await JudgedProgram.start({ files: JUDGED_FILES, steps: { isWhole: () => true } });
    expect((await verdictsOf(once.address, { isRigorous: true })).tolerated).toEqual([
      'robustez.dois-segmentos',
      'robustez.byte-a-byte',
    ]);
  });

  it('one without mistakes holds all of it', async () => {
    await using program = await JudgedProgram.start({ files: JUDGED_FILES });
    const { broken, tolerated } = await verdictsOf(program.address, { isRigorous: true });
    expect({ broken, tolerated }).toEqual({ broken: [], tolerated: [] });
  });
});
