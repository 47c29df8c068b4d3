/** The journal and FDTS's files belong to others; root acts for both and leaves the files with their owners. */
export function requireRoot(verb: string): void {
  if (process.getuid?.() === 0) return;
  throw new Error(`${verb} works on the host itself and needs root. Next: sudo fdts-ops ${verb}`);
}
