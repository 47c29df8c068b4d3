import { section } from '../field.ts';
import { absolutePathField } from '../path-field.ts';

/** `state`: the host's own record. */
export const stateSection = section({
  folder: absolutePathField('/var/lib/fdts-ops')
    .prefault('/var/lib/fdts-ops')
    .describe('Folder of the journal, the reports and the evidence. It must survive a reboot.'),
})
  .prefault({})
  .describe("The host's own record of what fdts-ops does.");
