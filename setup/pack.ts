import { createWriteStream, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { checkoutRoot } from './instance.ts';
import { runForeground } from './run-foreground.ts';
import { runMain } from './run-main.ts';
import { say } from './say.ts';
import { shipProgram } from './ship-program.ts';

// The built program with its npm packages as one file, to be unpacked into /opt/fdts-ops on hosts like this machine.
await runMain(async () => {
  const build = await runForeground(['--import', 'tsx', join(checkoutRoot, 'setup', 'build.ts')]);
  if (build !== 0) return build;
  const file = join(checkoutRoot, `fdts-ops-${process.arch}.tar.gz`);
  await pipeline(shipProgram(checkoutRoot), createGzip({ level: 3 }), createWriteStream(`${file}.part`));
  renameSync(`${file}.part`, file);
  say(`pack: ${file}, ${(statSync(file).size / 1_000_000).toFixed(0)} MB`);
  return 0;
});
