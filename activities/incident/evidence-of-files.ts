import { stat } from 'node:fs/promises';
import { bundleContents, bundleFacts } from '../backups/bundle-contents.ts';
import { databasePlaces } from '../database/database-places.ts';
import type { Host } from '../host.ts';
import type { Gathering } from './gather-evidence.ts';

/** The name of the kept env file in the evidence: the renewal of its secrets needs it there. */
export const KEPT_ENV_FILE = 'files/env-before';

/** Which files there were, by hash; the configuration itself, and the env file as it was. */
export async function fileEvidence(host: Host, gathering: Gathering): Promise<void> {
  const { config, asRoot } = host;
  const { folder, takeFile, context } = gathering;
  const { signal } = context;
  const { uid, gid } = await stat(folder.folder);
  const owner = { uid, gid };
  const { envFile, folder: project } = config.project;
  if (envFile !== null)
    await takeFile({ file: KEPT_ENV_FILE, how: `copy of ${envFile} as it was; it holds secrets` }, (to) =>
      asRoot.copyFile({ from: envFile, to, owner }, { signal }),
    );
  await takeFile(
    {
      file: 'files/configuration.tar',
      how: 'compose files, env files and mounted configuration; holds secrets',
    },
    async (to) =>
      asRoot.packConfiguration(
        {
          ...(await bundleContents(host, signal)),
          facts: await bundleFacts(host, signal),
          runId: context.stamp,
          to,
          owner,
        },
        { signal },
      ),
  );
  const { uploads } = config.data;
  const { folder: backups, scratch } = config.backups;
  const roots = [
    { file: 'files/uploads.jsonl', root: uploads, without: [] },
    {
      file: 'files/project.jsonl',
      root: project,
      without: [uploads, ...databasePlaces(config), backups, scratch, config.state.folder],
    },
  ];
  for (const { file, root, without } of roots) {
    await takeFile({ file, how: `owner, mode, times and sha256 of everything below ${root}` }, (to) =>
      asRoot.hashTree({ root, without, to, owner }, { signal, onProgress: context.progress }),
    );
  }
}
