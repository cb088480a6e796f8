import { describe, expect, it } from 'vitest';
import { bashCompletion } from '../../../src/manual/bash.ts';
import { completionOf } from '../../../src/manual/completion.ts';
import { fishCompletion } from '../../../src/manual/fish.ts';
import { readHelp } from '../../../src/manual/help-page.ts';
import { manPage } from '../../../src/manual/man-page.ts';
import { zshCompletion } from '../../../src/manual/zsh.ts';

const HELP = `Uso: eachare provar [opções] <endereço:porta> <eventos.jsonl>…
     eachare provar --ouvir

Prova: o que é,
em duas linhas.

Argumentos:
  <eventos.jsonl>…     registros;
                       vários

Opções:
  --formato <formato>  html (padrão)
                       ou svg [a 'b']
  --saida <arquivo>    onde
  --uma-opção-longa-demais-para-a-coluna
                       liga
  -h, --ajuda          mostra esta ajuda (também --help)

Cores: ciano = pedido,
  azul = resposta

Códigos de saída:
  0  tudo
`;

describe('the help as the source of the man page and of the completions', () => {
  it('is read whole', () => {
    expect(readHelp(HELP)).toEqual({
      name: 'provar',
      usages: ['eachare provar [opções] <endereço:porta> <eventos.jsonl>…', 'eachare provar --ouvir'],
      description: ['Prova: o que é, em duas linhas.'],
      arguments: [{ term: '<eventos.jsonl>…', text: 'registros; vários' }],
      options: [
        {
          term: '--formato <formato>',
          names: ['--formato'],
          value: 'formato',
          text: "html (padrão) ou svg [a 'b']",
        },
        { term: '--saida <arquivo>', names: ['--saida'], value: 'arquivo', text: 'onde' },
        expect.objectContaining({ text: 'liga', value: undefined }),
        {
          term: '-h, --ajuda',
          names: ['-h', '--ajuda', '--help'],
          value: undefined,
          text: 'mostra esta ajuda (também --help)',
        },
      ],
      sections: [
        { title: 'Cores', lines: ['  ciano = pedido,', '  azul = resposta'] },
        { title: 'Códigos de saída', lines: ['  0  tudo'] },
      ],
    });
  });

  it('tells what each place and each option takes', () => {
    const { places, repeats, options } = completionOf(readHelp(HELP));
    expect(places).toEqual([
      { label: 'endereço:porta', kind: 'anything' },
      { label: 'eventos.jsonl', kind: 'file' },
    ]);
    expect(repeats).toBe(true);
    // Only the words that the help names.
    expect(options.map(({ value }) => value)).toEqual([
      { words: ['html', 'svg'] },
      'file',
      undefined,
      undefined,
    ]);
  });

  it('the three-argument command has no name', () => {
    const page = readHelp(
      'Uso: eachare [opções] <endereço:porta> <vizinhos.txt> <diretório_compartilhado>\n',
    );
    expect(page.name).toBe('');
    expect(completionOf(page).places.map(({ kind }) => kind)).toEqual(['anything', 'file', 'folder']);
  });

  it('words between bars are the only ones', () => {
    const [place] = completionOf(readHelp('Uso: eachare completar <bash|zsh>\n')).places;
    expect(place?.kind).toEqual({ words: ['bash', 'zsh'] });
  });

  it('the man page is ASCII, and no text of it is a macro', () => {
    const page = readHelp(`${HELP}\nExemplo:\n  .perigo \\ 'x'\n  'y\n`);
    const roff = manPage(readHelp('Uso: eachare [opções]\n'), [page], '1.2.3');
    expect(roff).toMatch(/^[\x20-\x7e\n]*$/);
    expect(roff).toContain("\n\\&.perigo \\e 'x'\n\\&'y\n");
    expect(roff).toContain('c\\[u00F3]digos'.replace('c', 'C'));
  });

  it('quotes of a text end no quotes of a script', () => {
    const command = completionOf(readHelp(HELP));
    expect(zshCompletion([command])).toContain(`html (padrão) ou svg \\[a '\\''b'\\''\\]`);
    expect(fishCompletion([command])).toContain(`svg [a \\'b\\']'`);
    expect(bashCompletion([command])).not.toContain(`'b'`);
  });
});
