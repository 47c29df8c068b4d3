import { controlSchema } from './control-schema.ts';
import { controlExamples, hostExamples } from './examples.ts';
import { hostSchema } from './host-schema.ts';
import { renderReference } from './reference-page.ts';
import { renderSample } from './sample.ts';
import { describeSchema } from './schema-tree.ts';

const REWRITE = 'node --import tsx config/write-reference.ts';

/** The files that are made from the schemas, by path from the checkout: examples and reference page. Pure. */
export function generatedFiles(): Readonly<Record<string, string>> {
  const host = describeSchema(hostSchema);
  const control = describeSchema(controlSchema);
  return {
    'config/host.example.yml': renderSample(
      [
        'fdts-ops: configuration of one host, with every key. Copy it to /etc/fdts-ops/host.yml on the host.',
        'Keys at their default may be left out. docs/configuration.md explains them.',
      ],
      host,
      hostExamples,
    ),
    'config/control.example.yml': renderSample(
      [
        'fdts-ops: configuration of the control worker, with every key. Copy it to /etc/fdts-ops/control.yml.',
        'A single machine that has both roles needs no such file: its host file says everything.',
      ],
      control,
      controlExamples,
    ),
    'docs/configuration.md': page(
      renderReference('The file of a host', HOST_INTRO, host),
      renderReference('The file of the control worker', CONTROL_INTRO, control),
    ),
  };
}

const HOST_INTRO =
  'One YAML file per host, by default `/etc/fdts-ops/host.yml`. Start from `config/host.example.yml`; only keys marked **required** must be there. Defaults are the values of the runbook.';
const CONTROL_INTRO =
  'Only where the control worker runs apart from the hosts, by default `/etc/fdts-ops/control.yml`. Start from `config/control.example.yml`.';

function page(...parts: readonly string[]): string {
  const head = [
    '# Configuration',
    '',
    `<!-- Made from the schemas in config/ by \`${REWRITE}\`; change those, then run it again. -->`,
    '',
    'Unknown keys are refused. All problems of a file are shown at once, each as path, what stands there and what was expected; nothing starts until they are gone.',
    '',
    '**A worker reads its file when it starts.** After each change: `sudo systemctl restart fdts-ops-host`, or the control worker for `control.yml` (and `fdts-ops schedules apply` for its schedules). Until then the old values hold, freezes too; `sudo fdts-ops doctor` says so.',
    '',
    '**Secrets are never written into these files.** Name a file (mode 0600) or a variable of the environment instead.',
    '',
    '**Paths** are absolute. Refused are folders that contain one another (backups in the uploads, a second copy inside the first), that a reboot clears, or that belong to the system. Links on the disk are not followed here.',
  ];
  return `${[head.join('\n'), ...parts].join('\n\n')}\n`;
}
