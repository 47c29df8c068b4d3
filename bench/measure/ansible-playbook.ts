import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Ansible } from '../../setup/ansible.ts';

/** Runs a playbook of `steps` tasks that do nothing (`command: true`) on the local connection; gives its seconds. */
export async function timePlaybook(ansible: Ansible, steps: number, folder: string): Promise<number> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${steps}-steps.yml`);
  const tasks = Array.from({ length: steps }, (_, index) => ({
    name: `Step ${index + 1}`,
    'ansible.builtin.command': 'true',
  }));
  // JSON is YAML.
  writeFileSync(
    file,
    JSON.stringify([{ hosts: 'localhost', connection: 'local', gather_facts: false, tasks }]),
  );
  const environment = {
    ANSIBLE_HOME: join(folder, 'home'),
    ANSIBLE_LOCALHOST_WARNING: 'False',
    ANSIBLE_NOCOWS: '1',
  };
  const began = performance.now();
  const inventory = ['-i', 'localhost,', '-e', `ansible_python_interpreter=${ansible.python}`];
  await execa(ansible.playbook, [...inventory, file], { env: environment });
  return (performance.now() - began) / 1000;
}
