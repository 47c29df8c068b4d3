import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Procedure } from '../../workflows/engine/procedure.ts';
import * as workflows from '../../workflows/index.ts';
import { procedures } from '../../workflows/procedures/index.ts';

const root = path.resolve(import.meta.dirname, '../..');

const notSources = new Set(['.git', '.fdts-ops', 'coverage', 'dist', 'node_modules', 'test-output']);

/** Without git, so that a checkout of any kind is judged. */
const files = filesBelow('');

function filesBelow(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !notSources.has(name))
    .flatMap((entry) => {
      const file = path.posix.join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(file) : entry.isFile() ? [file] : [];
    });
}

const textOf = (file: string) => readFileSync(path.join(root, file), 'utf8');

const sources = files.filter((file) => file.endsWith('.ts') && !file.startsWith('test/'));

interface Import {
  readonly from: string;
  /** A package's name, or a file of the repository. */
  readonly to: string;
  readonly typeOnly: boolean;
}

const imports: readonly Import[] = sources.flatMap((from) =>
  [...textOf(from).matchAll(/^(?:import|export)(\s+type)?\s[^;]*?from '([^']+)';|import\('([^']+)'\)/gm)].map(
    ([, type, name = '', dynamic = '']) => {
      const target = name === '' ? dynamic : name;
      const to = target.startsWith('.') ? path.posix.join(path.posix.dirname(from), target) : target;
      return { from, to, typeOnly: type !== undefined };
    },
  ),
);

/** What a folder may not import; `types` are welcome all the same. */
const layers: readonly {
  readonly folder: string;
  readonly never: RegExp;
  readonly types?: RegExp;
  readonly except?: readonly string[];
}[] = [
  { folder: 'workflows/contracts/', never: /^(?!workflows\/contracts\/|@temporalio\/common$)/ },
  {
    folder: 'workflows/watch/',
    never: /^(?!workflows\/(contracts|engine|procedures|watch|messages\.ts)|@temporalio\/workflow$)/,
  },
  { folder: 'workflows/procedures/', never: /^(?!workflows\/(contracts|engine|procedures)\/)/ },
  {
    folder: 'workflows/engine/',
    never: /^(?!workflows\/(contracts|engine|messages\.ts)|@temporalio\/workflow$)/,
    types: /^activities\/(control-reads|host-mutations|host-reads)\.ts$/,
  },
  {
    folder: 'activities/adapters/',
    never:
      /^(@temporalio\/|client\/|workers\/|config\/|setup\/|sandbox\/|workflows\/(?!contracts\/shell-quote)|activities\/(?!adapters\/))/,
    types: /^workflows\/contracts\//,
  },
  {
    folder: 'activities/',
    never: /^(client\/|workers\/|setup\/|sandbox\/|workflows\/(?!contracts\/)|@temporalio\/(?!activity$))/,
  },
  { folder: 'reporting/', never: /^(?!workflows\/contracts\/|reporting\/)/ },
  { folder: 'config/', never: /^(activities|client|workers|workflows|setup|sandbox|@temporalio)\// },
  {
    folder: 'client/',
    never: /^(activities\/|workers\/|setup\/|sandbox\/|@temporalio\/(worker|activity)$)/,
    // It writes the reference of every verb, those of the host worker too.
    except: ['client/write-cli-page.ts'],
  },
  { folder: 'workers/', never: /^(setup|sandbox|test)\// },
  { folder: '', never: /^test\// },
];

describe('one direction: a file imports only from the layers below', () => {
  it.each(layers)('$folder', ({ folder, never, types, except = [] }) => {
    const wrong = imports
      .filter(({ from }) => from.startsWith(folder) && !except.includes(from))
      .filter(({ to, typeOnly }) => never.test(to) && !(typeOnly && types?.test(to) === true))
      .map(({ from, to }) => `${from} imports ${to}`);
    expect(wrong).toEqual([]);
  });

  it('workflows have nothing of Node, and no library but their own', () => {
    const builtin = new Set(builtinModules);
    const wrong = imports.filter(
      ({ from, to }) =>
        from.startsWith('workflows/') &&
        (to.startsWith('node:') || builtin.has(to) || to === '@temporalio/worker'),
    );
    expect(wrong).toEqual([]);
  });

  it('the test finds the imports that it judges', () => {
    expect(imports.filter(({ from }) => from === 'workflows/engine/run-procedure.ts').length).toBeGreaterThan(
      5,
    );
    expect(imports).toContainEqual({
      from: 'workflows/engine/calls.ts',
      to: 'activities/host-mutations.ts',
      typeOnly: true,
    });
  });
});

it('one file makes activities callable, so that retries and time-outs are in one place', () => {
  const callers = sources.filter(
    (file) => file.startsWith('workflows/') && textOf(file).includes('proxyActivities'),
  );
  expect(callers).toEqual(['workflows/engine/activity-policies.ts']);
  expect(sources.filter((file) => textOf(file).includes('proxyLocalActivities'))).toEqual([]);
});

it('no time limit is one that the garbage collector takes away (activities/adapters/time-limit.ts)', () => {
  expect(
    sources.filter((file) => /^(?!\s*(?:\/?\*|\/\/)).*AbortSignal\.timeout/m.test(textOf(file))),
  ).toEqual([]);
});

describe.each(procedures.map((procedure): [string, Procedure] => [procedure.type, procedure]))(
  '%s',
  (type, { steps, mutating, safeState, section }) => {
    it('is a workflow under its name, and says what it leaves behind', () => {
      const exported = new Map<string, unknown>(Object.entries(workflows)).get(type);
      expect(exported).toBeTypeOf('function');
      expect(exported).toHaveProperty('name', type);
      expect(safeState).not.toBe('');
      expect(section).not.toBe('');
    });

    it('has steps in kebab-case, and every change says what it changes and how it is taken back', () => {
      for (const [id, step] of Object.entries(steps)) {
        expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
        expect(step.title).not.toBe('');
        if (step.kind !== 'change') continue;
        expect(step.changes, `what ${id} changes`).toMatch(/\w/);
        expect(step.undo, `how ${id} is taken back`).toMatch(/\w/);
        expect(mutating).toBe(true);
      }
    });
  },
);

it('every workflow is in the index of procedures, and types are unique', () => {
  // The default export is what answers a misspelt type; the watch starts procedures and is none.
  const types = Object.keys(workflows).filter((name) => !['default', 'watchHost'].includes(name));
  expect(types.toSorted()).toEqual(procedures.map(({ type }) => type).toSorted());
});

it('every activity has one name: no family hides another one behind the same word', () => {
  const families = sources.filter((file) => /^activities\/(?!adapters\/).+\.ts$/.test(file));
  const named = families.flatMap((file) =>
    [...textOf(file).matchAll(/const (\w+): (?:Mutation|Read)</g)].map(([, name]) => name ?? ''),
  );
  const own = [...textOf('activities/execution/hold-mutations.ts').matchAll(/^ {2}(\w+)\(\s*context/gm)].map(
    ([, name]) => name ?? '',
  );
  const all = [...named, ...own];
  expect(own).toEqual(['takeHold', 'takeHoldFirst', 'recoverHolder', 'reserve', 'stepDown', 'finishRun']);
  expect(named.length).toBeGreaterThan(25);
  expect(all.filter((name, index) => all.indexOf(name) !== index)).toEqual([]);
});

describe('files', () => {
  /** A procedure is one file that reads side by side with its section; its declared steps are most of it. */
  const longer = [
    'database-corruption',
    'planned-maintenance',
    'restore-backup',
    'disaster-recovery',
    'emergency-maintenance',
    'rollback-maintenance',
    'security-incident',
    'weekly-maintenance',
  ].map((name) => `workflows/procedures/${name}.ts`);

  it('have at most 200 lines', () => {
    const long = sources.filter((file) => textOf(file).split('\n').length > 201 && !longer.includes(file));
    expect(long).toEqual([]);
  });

  it('have names in kebab-case that say what is in them', () => {
    const vague = /(^|\/)(utils?|helpers?|common|types|manager|misc)\.ts$/;
    const wrong = sources.filter(
      (file) =>
        vague.test(file) || !/^[a-z0-9]+(-[a-z0-9]+)*(\.config|\.d)?\.m?ts$/.test(path.basename(file)),
    );
    expect(wrong).toEqual([]);
  });

  it("name no package registry, no mirror and no developer's machine", () => {
    const registry = new RegExp(
      [
        String.raw`registry\.(npmjs|yarnpkg)\.`,
        String.raw`(deb|ftp|security|archive)\.(debian|ubuntu)\.`,
        String.raw`proxy\.golang\.`,
        String.raw`pypi\.`,
        String.raw`(^|[\s"'(=])/(home|Users)/[a-z]+/`,
        String.raw`(^|[\s"'(=])/work/(main|shared)`,
      ].join('|'),
      'm',
    );
    const own = 'test/fast/architecture.test.ts';
    const text = files.filter((file) => !/\.(png|jpg|gz|sqlite)$/.test(file) && file !== own);
    expect(text.filter((file) => registry.test(textOf(file)))).toEqual([]);
  });
});
