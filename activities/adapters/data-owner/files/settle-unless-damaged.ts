import { OperationError } from '../../operation-error.ts';
import { settleDatabase } from '../operations/settle-database.ts';

/**
 * Settles a database that is about to be moved away, where it can be: one that is missing, damaged, or on a disk that cannot
 * read it is moved as it is, with what lies beside it. One that is in use is still an error.
 */
export async function settleUnlessDamaged(database: string): Promise<void> {
  try {
    await settleDatabase({ database });
  } catch (error) {
    const movable = [
      'DATABASE_MISSING',
      'EMPTY_DATABASE',
      'DATABASE_CORRUPT',
      'NOT_A_DATABASE',
      'DISK_ERROR',
      'MACHINE_ERROR',
      'DATABASE_NOT_SETTLED',
      'UNEXPECTED',
    ];
    if (!(error instanceof OperationError) || !movable.includes(error.code)) throw error;
  }
}
