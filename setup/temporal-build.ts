import { goInstall } from './go-install.ts';

/** The newest Temporal CLI that `go install` can build (later ones have replace directives): server 1.29.1, UI 2.42.1. */
export const pinnedTemporalModule = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';

/** Builds the pinned Temporal CLI into `folder`/temporal; takes 4 to 5 minutes on 2 cores. Needs Go. */
export async function buildTemporalWithGo(folder: string): Promise<void> {
  await goInstall({ module: pinnedTemporalModule, builtAs: 'temporal', name: 'temporal' }, folder);
}
