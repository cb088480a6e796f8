import { rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError, passFileError } from '../disk/file-error.ts';
import { groupsOf, measurementsCsv, summaryCsv } from './measurements.ts';
import type { Outcome } from './run.ts';
import type { Settings } from './settings.ts';

/** A file under its final name is whole. @throws FileError */
export async function writeWhole(path: string, text: string): Promise<void> {
  const part = `${path}.parte`;
  try {
    await writeFile(part, text, { flag: 'wx' });
    await rename(part, path);
  } catch (error) {
    await unlink(part).catch(passFileError);
    throw fileError(error, path);
  }
}

/** Writes all that an experiment has to tell. @throws FileError */
export async function writeResults(folder: string, { csv }: Settings, outcome: Outcome): Promise<void> {
  const groups = groupsOf(outcome.measurements);
  const files = {
    'medidas.csv': measurementsCsv(outcome.measurements, csv),
    'resumo.csv': summaryCsv(groups, csv),
  };
  for (const [name, text] of Object.entries(files)) await writeWhole(join(folder, name), text);
}
