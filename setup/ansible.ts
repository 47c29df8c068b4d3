import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { ensureDebianPackages } from './debian-packages.ts';
import { cacheFolder } from './instance.ts';
import { say } from './say.ts';
import { SetUpError } from './set-up-error.ts';

/** Runs on every Python from 3.10 on. */
const ansibleVersion = '2.17.14';

/** An Ansible of its own in the cache, for the benchmark only. */
export interface Ansible {
  readonly playbook: string;
  readonly python: string;
  readonly version: string;
}

/** The Ansible of the cache; made there first when it is missing, in a Python environment of its own. */
export async function ensureAnsible(): Promise<Ansible> {
  const folder = join(cacheFolder(), `ansible-core-${ansibleVersion}`);
  const ansible: Ansible = {
    playbook: join(folder, 'bin', 'ansible-playbook'),
    python: join(folder, 'bin', 'python'),
    version: ansibleVersion,
  };
  if (await answers(ansible)) return ansible;
  say(`Installing ansible-core ${ansibleVersion} into ${folder} ...`);
  await rm(folder, { recursive: true, force: true });
  if ((await makeEnvironment(folder)).exitCode !== 0) {
    await ensureDebianPackages(['python3', 'python3-venv'], 'The comparison with Ansible');
    await makeEnvironment(folder);
  }
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  const installed = await execa(ansible.python, [...pip, `ansible-core==${ansibleVersion}`], {
    reject: false,
    all: true,
  });
  if (await answers(ansible)) return ansible;
  throw new SetUpError({
    what: `ansible-core ${ansibleVersion} could not be installed.`,
    got: (installed.all || installed.shortMessage || '').trim().slice(-500),
    expected: 'Python 3.10 or newer with venv, and a package index that pip reaches',
    next: 'python3 -m venv /tmp/try && /tmp/try/bin/pip install ansible-core, then: npm run bench -- overhead',
  });
}

function makeEnvironment(folder: string) {
  return execa('python3', ['-m', 'venv', folder], { reject: false });
}

async function answers({ playbook }: Ansible): Promise<boolean> {
  return (await execa(playbook, ['--version'], { reject: false })).exitCode === 0;
}
