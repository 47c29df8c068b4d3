import { existsSync } from 'node:fs';
import { missingPackages } from './debian-needs.mjs';
import { cacheFolder } from './instance.ts';
import { runMain } from './run-main.ts';
import { say } from './say.ts';
import { listStarted } from './state.ts';
import { machineFolder } from './state-base.mjs';
import { takeDown } from './take-down.ts';
import { whatStays } from './what-stays.ts';

await runMain(async () => {
  const { done, problems } = await takeDown({ keepCache: false });
  for (const line of done.length > 0 ? done : ['nothing of ours was running']) say(line);
  for (const line of problems) say(`NOT removed: ${line}`);
  const cache = existsSync(cacheFolder()) ? cacheFolder() : undefined;
  for (const line of whatStays({ packages: installedPackages(), cache })) say(line);
  return problems.length > 0 ? 1 : 0;
});

/** A person may have removed some since. */
function installedPackages(): string[] {
  const recorded = listStarted('packages', machineFolder()).flatMap(({ thing }) => thing.names);
  const gone = missingPackages(recorded);
  return [...new Set(recorded)].filter((name) => !gone.includes(name)).sort();
}
