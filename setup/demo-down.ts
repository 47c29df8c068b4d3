import { listDockerNames } from './docker-objects.ts';
import { runMain } from './run-main.ts';
import { say } from './say.ts';
import { recallStarted } from './state.ts';
import { takeDown } from './take-down.ts';

await runMain(async () => {
  const images = await sandboxImages();
  const { done, problems } = await takeDown({ keepCache: false });
  for (const line of done.length > 0 ? done : ['nothing of ours was running']) say(line);
  for (const line of problems) say(`NOT removed: ${line}`);
  const packages = recallStarted('packages', 'debian')?.names ?? [];
  if (packages.length > 0)
    say(
      `Packages that set-up installed stay: ${packages.join(' ')}\n  to remove them: apt-get purge ${packages.join(' ')}`,
    );
  if (images.length > 0)
    say(
      `Images that set-up built stay: ${images.join(' ')}\n  to remove them: docker rmi ${images.join(' ')}`,
    );
  return problems.length > 0 ? 1 : 0;
});

/** Asked before the engine may be stopped. */
async function sandboxImages(): Promise<string[]> {
  const names = await listDockerNames('image').catch(() => []);
  return names.filter((name) => name.startsWith('fdts-ops-sandbox/') && !name.includes('/host-ready:'));
}
