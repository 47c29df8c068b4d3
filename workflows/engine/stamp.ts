/**
 * The start of a run as names carry it, `YYYYMMDD_HHMMSS` in UTC: it sorts like time does, and no hour comes twice when
 * the host's clock is put back for the winter.
 */
export function stampOf(startedAt: number): string {
  return new Date(startedAt).toISOString().slice(0, 19).replace('T', '_').replaceAll(/[-:]/g, '');
}
