import { describe, expect, it } from 'vitest';
import {
  groupsOf,
  measurementsCsv,
  summaryCsv,
  type Measurement,
} from '../../../src/experiment/measurements.ts';

const one = (order: number, peers: number, seconds: number): Measurement => ({
  program: 'eachare',
  chunkSize: 256,
  peers,
  fileSize: 1024,
  repetition: order,
  order,
  seconds,
  bytes: 1024,
  messages: 8,
});

const measurements = [one(1, 2, 0.5), one(2, 1, 0.25), one(3, 2, 1.5), one(4, 2, 1)];

describe('the tables of an experiment', () => {
  it('has a row for each download, in the order in which they were done', () => {
    expect(measurementsCsv(measurements.slice(0, 2), 'ponto').split('\r\n')).toEqual([
      'ordem,programa,chunk_bytes,peers,arquivo_bytes,repeticao,segundos,bytes,mensagens',
      '1,eachare,256,2,1024,1,0.500000,1024,8',
      '2,eachare,256,1,1024,2,0.250000,1024,8',
      '',
    ]);
  });

  it('sums up each triple; a single download has no interval', () => {
    // Half the width: 4.302653 × 0.5 / √3.
    expect(summaryCsv(groupsOf(measurements), 'ponto').split('\r\n')).toEqual([
      'programa,chunk_bytes,peers,arquivo_bytes,n,media_s,desvio_padrao_s,ic95_de_s,ic95_ate_s,mediana_s',
      'eachare,256,1,1024,1,0.250000,0,,,0.250000',
      'eachare,256,2,1024,3,1,0.500000,-0.242069,2.242069,1',
      '',
    ]);
  });
});
