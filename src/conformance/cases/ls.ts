import { FILE_ENTRY, entries, found, type Case, type Exam } from '../exam.ts';
import { NO_FILE } from '../chunks.ts';
import type { Exchange } from '../asker.ts';
import { shownReply } from '../reading.ts';
import { HOLDS, notApplicable, type Outcome } from '../verdict.ts';

/* LS and its LS_LIST (sections 1 and 3). */

const FORM = '<origem> <relógio> LS_LIST <n> <nome>:<bytes>, n vezes';

function about(
  name: string,
  title: string,
  rule: string,
  judge: (exchange: Exchange, exam: Exam) => Outcome | Promise<Outcome>,
  needs: readonly string[] = ['ls.resposta'],
): Case {
  return {
    id: `ls.${name}`,
    group: 'LS',
    part: 2,
    title,
    rule,
    needs,
    judge: async (exam) => judge(await exam.ls(), exam),
  };
}

function listed({ reading }: Exchange): string[] {
  return entries(reading?.args ?? []);
}

/** The name in an entry; all of it where no size stands behind. */
function nameOf(entry: string): string {
  return FILE_ENTRY.exec(entry)?.[1] ?? entry;
}

export const LS: readonly Case[] = [
  about(
    'resposta',
    'a resposta a LS é LS_LIST',
    '1',
    (exchange) => {
      if (exchange.reading?.type === 'LS_LIST') return HOLDS;
      if (exchange.came === 'nowhere' && exchange.end === 'closed')
        return found('tolerated', exchange, {
          expected: FORM,
          hint: 'hábito conhecido: um programa da parte 1 fecha, sem LS e sem DL',
        });
      return found('broken', exchange, {
        expected: FORM,
        hint: 'LS é sempre respondido, também sem arquivos: LS_LIST 0',
      });
    },
    [],
  ),
  about('contagem', 'o número da lista é o número dos arquivos', '1', (exchange) => {
    if (exchange.reading?.type !== 'LS_LIST') return notApplicable('não responde a LS');
    const all = listed(exchange);
    if (exchange.reading.args[0] === String(all.length)) return HOLDS;
    return found('broken', exchange, {
      expected: `LS_LIST ${all.length} …, porque há ${all.length} entradas`,
      hint: 'conte depois de tirar pastas e arquivos escondidos, e não antes',
    });
  }),
  about('entradas', 'cada entrada é nome:bytes', '1', (exchange) => {
    const wrong = listed(exchange).find((entry) => !FILE_ENTRY.test(entry));
    if (wrong === undefined) return HOLDS;
    return found('broken', exchange, {
      expected: `<nome>:<bytes> (veio ${wrong})`,
      hint: 'o tamanho vem em bytes, só com algarismos, logo depois de ":"',
    });
  }),
  about('nomes', 'nomes com espaços ou acentos não quebram a lista', '1', (exchange) => {
    const spaced = listed(exchange).find((entry) => entry.includes(' '));
    if (spaced !== undefined)
      return found('broken', exchange, {
        expected: `um só token no lugar de "${nameOf(spaced)}", por exemplo com %20 no lugar do espaço`,
        hint: 'tokens são separados por um espaço: um nome com espaço vira dois. Codifique-o (aqui: %20), ou não o ofereça',
      });
    const isTold = listed(exchange).some((entry) => /[^ -~]|%20/.test(entry));
    if (isTold) return HOLDS;
    return notApplicable('compartilhe um arquivo com espaço e acento no nome, por exemplo "lição 1.txt"');
  }),
  about('so-arquivos', 'sem pastas, caminhos ou arquivos que começam com ponto', '3', (exchange) => {
    const wrong = listed(exchange)
      .map(nameOf)
      .find((name) => NO_FILE.test(name));
    if (wrong === undefined) return HOLDS;
    return found('broken', exchange, {
      expected: `uma lista sem "${wrong}"`,
      hint: 'liste só os arquivos comuns da pasta, pelo nome sem o caminho (em Python: entrada.is_file(), entrada.name)',
    });
  }),
  about('sem-repetidos', 'nenhum nome aparece duas vezes', '3', (exchange) => {
    const names = listed(exchange).map(nameOf);
    const twice = names.find((name, at) => names.indexOf(name) !== at);
    if (twice === undefined) return HOLDS;
    return found('broken', exchange, {
      expected: `"${twice}" uma só vez`,
      hint: 'uma pasta não tem dois arquivos de um nome',
    });
  }),
  about(
    'vazia',
    'uma pasta vazia é LS_LIST 0, e mais nada',
    '1',
    (exchange) => {
      const { reading } = exchange;
      if (listed(exchange).length > 0 || reading === undefined)
        return notApplicable('a pasta tem arquivos; avalie uma vez com ela vazia');
      if (/ LS_LIST 0[\n\0]*$/.test(reading.text)) return HOLDS;
      return found('broken', exchange, {
        received: shownReply(exchange.reply, exchange.end),
        expected: '<origem> <relógio> LS_LIST 0\\n',
        hint: 'sem espaço depois do 0',
      });
    },
    ['ls.contagem'],
  ),
];
