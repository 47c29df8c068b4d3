import { PARTIAL, type StagedRestore } from '../../workflows/contracts/restore-plan.ts';
import { type FoundBackup, isAhead, isPartial } from '../adapters/data-owner/newest-backup.ts';
import { KNOWN_PARTIAL } from '../adapters/data-owner/restore/known-partial.ts';

/** Which of the backups of a search are partial, and what they lack. */
export class PartialBackups {
  readonly #lacks = new Map<string, { readonly createdAt: string; readonly why: string }>();

  constructor(archives: readonly FoundBackup[]) {
    for (const one of archives.filter(isPartial)) this.#note(one, [KNOWN_PARTIAL]);
  }

  has({ archive }: FoundBackup): boolean {
    return this.#lacks.has(archive);
  }

  /** One that was found partial when it was staged, as `byChoice` is to take it from now on: its record may not be writable. */
  add(found: FoundBackup, { sha256, findings }: StagedRestore): FoundBackup {
    this.#note(found, findings);
    return { ...found, verified: { at: new Date().toISOString(), mode: 'full', sha256, partial: true } };
  }

  /** How old one is that is dated ahead of the clock nobody knows: it is not called newer. */
  newerThan({ createdAt }: FoundBackup): { readonly archive: string; readonly why: string }[] {
    return [...this.#lacks]
      .filter(([, one]) => one.createdAt > createdAt && !isAhead(one))
      .sort(([, a], [, b]) => b.createdAt.localeCompare(a.createdAt))
      .map(([archive, { why }]) => ({ archive, why }));
  }

  #note({ archive, createdAt }: FoundBackup, findings: readonly string[]): void {
    const lacks = findings.filter((finding) => finding.startsWith(PARTIAL));
    const why = lacks.map((finding) => finding.slice(PARTIAL.length)).join('; ');
    this.#lacks.set(archive, { createdAt, why });
  }
}
