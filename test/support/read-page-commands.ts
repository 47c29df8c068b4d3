import { readFile } from 'node:fs/promises';

/** The commands of one section of a page, and where the page says that they are typed. */
export interface PageCommands {
  readonly section: string;
  readonly on: 'host' | 'checkout';
  readonly script: string;
}

const FENCE = /^```sh(?: on=(checkout))?\n([^]*?)^```$/gm;

/** All `sh` blocks of a Markdown page in their order; `sh on=checkout` ones are for the machine that builds. */
export async function readPageCommands(page: URL): Promise<readonly PageCommands[]> {
  const sections = (await readFile(page, 'utf8')).split(/^## /m);
  return sections.flatMap((text) =>
    [...text.matchAll(FENCE)].map(([, on, script = '']) => ({
      section: text.split('\n')[0] ?? '',
      on: on === 'checkout' ? ('checkout' as const) : ('host' as const),
      script,
    })),
  );
}
