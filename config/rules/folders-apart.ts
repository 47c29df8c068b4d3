import type { Finding } from '../explain-issue.ts';
import type { ParsedHost } from '../host-schema.ts';
import type { Partly } from '../parse-partly.ts';
import { isWithin } from '../path-field.ts';
import { ownPlaces, type Place } from './own-places.ts';

/**
 * Folders that must not contain each other: a backup inside the uploads would be backed up with them, throwaway copies
 * inside the data would be taken for it, a second copy inside the first one is lost with it.
 */
export function foldersApart(host: Partly<ParsedHost>): Finding[] {
  const places = ownPlaces(host);
  const project = host.project?.folder;
  return [
    ...places.flatMap((place, index) =>
      places.slice(index + 1).flatMap((other) => betweenTwo(place, other, project)),
    ),
    ...places.flatMap((place) => againstProject(place, project)),
  ];
}

function betweenTwo(first: Place, second: Place, project: string | undefined): Finding[] {
  const outer = isWithin(second.folder, first.folder) ? first : second;
  const inner = outer === first ? second : first;
  if (!isWithin(inner.folder, outer.folder) || isUploadsBesideDatabase(inner, outer)) return [];
  if (isDatabaseOfProject(outer, project) && inner.folder !== outer.folder) return [];
  const relation = inner.folder === outer.folder ? 'the same as' : 'inside';
  const got = `${JSON.stringify(inner.folder)}, which is ${relation} ${outer.what} (${outer.keys.join('.')})`;
  return [{ keys: inner.keys, got, expected: `${inner.what} apart from ${outer.what}` }];
}

function isUploadsBesideDatabase(inner: Place, outer: Place): boolean {
  return inner.keys[1] === 'uploads' && outer.keys[1] === 'database' && inner.folder !== outer.folder;
}

/** A database directly in the project's folder: only its own files are data there, see `databasePlaces`. */
function isDatabaseOfProject({ keys, folder }: Place, project: string | undefined): boolean {
  return keys[1] === 'database' && folder === project;
}

function againstProject(place: Place, project: string | undefined): Finding[] {
  if (project === undefined || !isWithin(project, place.folder)) return [];
  if (isDatabaseOfProject(place, project)) return [];
  const got = `${JSON.stringify(place.folder)}, which is or contains the project (project.folder ${project})`;
  return [{ keys: place.keys, got, expected: `${place.what} to be a folder of its own, not the project's` }];
}
