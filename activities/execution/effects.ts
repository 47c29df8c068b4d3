import { type Command, displayCommand } from '../adapters/command/command.ts';

/**
 * Every change of the host goes through here: it is listed for the report, and in a dry run it is only listed.
 * So a dry run takes the same code path as a real one, up to the effect itself.
 */
export class Effects {
  readonly dryRun: boolean;
  readonly commands: string[] = [];

  constructor(dryRun: boolean) {
    this.dryRun = dryRun;
  }

  /** Makes (or in a dry run lists) one change, described as a command that a person could run. */
  async perform<Result>(
    description: string | Command,
    make: () => Promise<Result>,
    planned: Result,
  ): Promise<Result> {
    this.commands.push(typeof description === 'string' ? description : displayCommand(description));
    return this.dryRun ? planned : make();
  }
}
