import { open } from 'node:fs/promises';
import { isRecord } from './is-record.ts';

/** What this user sees of a file: `hidden` when it may not be read, or the folder not entered. */
export type Sight = 'there' | 'absent' | 'hidden';

const ABSENT = ['ENOENT', 'ENOTDIR'];

/** Looks for a file that need not be there. One that only somebody else may read is not taken for absent. */
export async function lookForFile(file: string): Promise<Sight> {
  try {
    await (await open(file)).close();
    return 'there';
  } catch (error) {
    return isRecord(error) && ABSENT.includes(String(error['code'])) ? 'absent' : 'hidden';
  }
}
