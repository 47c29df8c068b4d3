#!/usr/bin/env node
// Runs what was compiled; in a checkout that was not built, the sources. Plain JavaScript: Node 20 strips no types.
import { existsSync } from 'node:fs';

const compiled = new URL('../dist/bin/fdts-ops.js', import.meta.url);
if (existsSync(compiled)) {
  await import(compiled.href);
} else {
  const tsx = await import('tsx/esm/api').catch(() => null);
  if (tsx === null) {
    process.stderr.write(
      'fdts-ops: neither built nor installed.\n  next: npm ci, then the same command again\n',
    );
    process.exit(1);
  }
  tsx.register();
  await import('./fdts-ops.ts');
}
