import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { ImageScan } from '../../workflows/contracts/weekly-plan.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { findScanner, type SeverityCounts, scanImage } from '../adapters/trivy.ts';
import type { Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';

const TIMEOUT_MS = 1_800_000;

/** Scanning the images of the services for known vulnerabilities. */
export function imageScanReads({ config, docker }: Host) {
  /** Counts by severity, for each image that runs. Without a scanner: skipped, with why. */
  const scanImages: Read<Record<string, never>, ImageScan> = async ({ signal, progress }) => {
    const { program, image } = config.weekly.scan;
    const cache = path.join(config.state.folder, 'scan-cache');
    const scanner = await findScanner(program, image, cache);
    const check = { name: 'images are scanned', expected: 'every image that runs' };
    if (scanner === null) {
      const got = `${program[0]} is not installed, and weekly.scan.image names no image of it`;
      return { lines: [], checks: [{ ...check, status: 'skipped', got }] };
    }
    await mkdir(cache, { recursive: true, mode: 0o700 });
    const containers = await docker.projectContainers(config.project.name);
    const images = new Map(containers.map(({ imageId, imageName }) => [imageId, imageName]));
    const lines: string[] = [];
    const failed: string[] = [];
    for (const [id, name] of images) {
      progress(`scanning ${name}`);
      const counts = await scanImage(scanner, id, { timeoutMs: TIMEOUT_MS, signal }).catch(told(signal));
      if (typeof counts === 'string') failed.push(`${name}: ${counts}`);
      else lines.push(`${name}: ${countsText(counts)}`);
    }
    return { lines, checks: [verdict(check, images.size, failed)] };
  };

  return { scanImages };
}

/** A scan that fails hides nothing of the others. */
function told(signal: AbortSignal): (error: unknown) => string {
  return (error) => {
    signal.throwIfAborted();
    if (error instanceof OperationError) return error.code;
    throw error;
  };
}

function verdict(
  check: Pick<CheckResult, 'name' | 'expected'>,
  images: number,
  failed: readonly string[],
): CheckResult {
  if (failed.length === 0) return { ...check, status: 'pass', got: `${images} images` };
  const answer = 'run the scanner by hand on the host; weekly.scan names it';
  return { ...check, status: 'not proven', got: failed.join('; '), answer };
}

function countsText({ critical, high, medium, low, unknown }: SeverityCounts): string {
  return `${critical} critical, ${high} high, ${medium} medium, ${low} low, ${unknown} unknown`;
}
