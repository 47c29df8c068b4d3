import path from 'node:path';
import type { Command } from 'commander';
import { loadHostConfig } from '../config/load-host-config.ts';

/** For packaging/install-host.sh: refuses a configuration that is wrong before anything is installed, else says what it needs of it. */
export function registerInstallFacts(program: Command, out: (text: string) => void): void {
  program
    .command('install-facts', { hidden: true })
    .requiredOption('--config <file>')
    .action(async ({ config: file }: { readonly config: string }) => {
      const { data, backups, project, state, emergency } = await loadHostConfig(file);
      const facts = {
        data: path.posix.dirname(data.database),
        owner: `${data.owner.uid}:${data.owner.gid}`,
        scratch: backups.scratch,
        unit: project.unit ?? '',
        state: state.folder,
        scripts: emergency.scripts ?? '',
      };
      out(
        Object.entries(facts)
          .map(([name, value]) => `${name}=${value}`)
          .join('\n'),
      );
    });
}
