import { listField, section, wholeNumberField } from '../field.ts';
import { absolutePathField } from '../path-field.ts';

/** `copies`: throwaway copies of the project (deep verification, rehearsal). */
export const copiesSection = section({
  memoryMegabytes: wholeNumberField(64, 1_000_000)
    .prefault(1024)
    .describe('How much memory (MiB) each container of a copy may take.'),
  maxFolderMegabytes: wholeNumberField(1, 100_000)
    .prefault(200)
    .describe(
      "How much (MiB) is copied of what the services mount besides users' data; with more no copy is made.",
    ),
  emptyPaths: listField(absolutePathField('/opt/fdts/cache'), 0)
    .prefault([])
    .describe('Mounted folders that a copy gets empty. The backup folders are empty in it anyway.'),
})
  .prefault({})
  .describe('Throwaway copies of the project: they share nothing with it, and are removed at the end.');
