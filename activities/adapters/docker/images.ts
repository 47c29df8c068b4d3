import type Docker from 'dockerode';
import { OperationError } from '../operation-error.ts';
import { dockerFailure, dockerStatus, reasonOf } from './failure.ts';
import { isOwnTag, parseImageReference } from './image-reference.ts';
import { readRegistryAuth } from './registry-auth.ts';

/** An image on this engine. `repoDigests`: under which digests a registry has it; empty for one built here. */
export type ImageDetails = {
  readonly id: string;
  readonly tags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** ISO time in UTC. */
  readonly createdAt: string;
  readonly sizeBytes: number;
};

/** What a registry has under a name now; `digest` null with the reason when it cannot be known. */
export type RegistryAnswer =
  | { readonly digest: string; readonly reason: null }
  | { readonly digest: null; readonly reason: string };

/** Bytes of the layers that are being downloaded. */
export type PullProgress = {
  readonly phase: string;
  readonly bytes: number;
  readonly totalBytes: number;
};

/** What is done with images. Only tags of our own (`fdts-ops-…`) are ever removed. */
export const imageOperations = (docker: Docker) => {
  const inspectImage = async (reference: string): Promise<ImageDetails | null> => {
    try {
      return describe(await docker.getImage(reference).inspect());
    } catch (error) {
      if (dockerStatus(error) === 404) return null;
      throw dockerFailure('inspectImage', reference, error);
    }
  };
  return {
    /** null when there is no such image here. */
    inspectImage,

    /** Gives an image one more name; a name that pointed elsewhere is moved. */
    tagImage: async (image: string, name: string): Promise<void> => {
      const { repository, tag } = parseImageReference(name);
      try {
        await docker.getImage(image).tag({ repo: repository, tag: tag ?? 'latest' });
      } catch (error) {
        throw dockerFailure('tagImage', `${image} as ${name}`, error);
      }
    },

    /** Removes one of our own tags (the image goes with its last name); no error when it is gone, or still needed. */
    removeTag: async (name: string): Promise<void> => {
      if (!isOwnTag(name)) throw foreignTag(name);
      try {
        await docker.getImage(name).remove({ noprune: false });
      } catch (error) {
        // 409: the last name of an image that a container uses; it stays for as long as that needs it.
        if (![404, 409].includes(dockerStatus(error) ?? 0)) throw dockerFailure('removeTag', name, error);
      }
    },

    /** Asks the image's registry (through the engine, at most 30 s) what the name points to. */
    registryDigest: async (reference: string): Promise<RegistryAnswer> => {
      const authconfig = await readRegistryAuth(parseImageReference(reference).registry);
      try {
        const image = docker.getImage(reference);
        const answer = image.distribution(authconfig === undefined ? {} : { authconfig });
        const { Descriptor } = await atMost(30_000, answer);
        return { digest: Descriptor.digest, reason: null };
      } catch (error) {
        return { digest: null, reason: reasonOf(error) };
      }
    },

    /**
     * Downloads exactly this digest. The name's tag does not move: the image has only its digest until `tagImage`.
     * May be repeated: what is here is not downloaded again.
     */
    pullByDigest: async (
      reference: string,
      digest: string,
      options: PullOptions = {},
    ): Promise<ImageDetails> => {
      const { repository, registry } = parseImageReference(reference);
      const target = `${repository}@${digest}`;
      try {
        const authconfig = await readRegistryAuth(registry);
        const stream = await docker.createImage({
          fromImage: repository,
          tag: digest,
          ...(authconfig && { authconfig }),
          ...(options.signal && { abortSignal: options.signal }),
        });
        await followPull(docker, stream, options.onProgress);
      } catch (error) {
        throw dockerFailure('pullByDigest', target, error);
      }
      const image = await inspectImage(target);
      if (image === null)
        throw dockerFailure('pullByDigest', target, 'the engine has no such image after the pull');
      return image;
    },
  };
};

type PullOptions = {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: PullProgress) => void;
};

const followPull = async (
  docker: Docker,
  stream: NodeJS.ReadableStream,
  onProgress: PullOptions['onProgress'],
): Promise<void> => {
  const layers = new Map<string, { current: number; total: number }>();
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(
      stream,
      (error: Error | null) => (error ? reject(error) : resolve()),
      ({ id, status, progressDetail }: PullEvent) => {
        const { current = 0, total = 0 } = progressDetail ?? {};
        if (id !== undefined && status === 'Downloading') layers.set(id, { current, total });
        const sum = (field: 'current' | 'total') =>
          [...layers.values()].reduce((all, layer) => all + layer[field], 0);
        onProgress?.({ phase: 'pulling', bytes: sum('current'), totalBytes: sum('total') });
      },
    );
  });
};

type PullEvent = { id?: string; status?: string; progressDetail?: { current?: number; total?: number } };

const atMost = async <Value>(limitMs: number, work: Promise<Value>): Promise<Value> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`the registry did not answer within ${limitMs / 1000} s`)),
      limitMs,
    );
  });
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
};

const describe = (image: Docker.ImageInspectInfo): ImageDetails => ({
  id: image.Id,
  tags: image.RepoTags ?? [],
  repoDigests: image.RepoDigests ?? [],
  labels: image.Config.Labels ?? {},
  createdAt: new Date(image.Created).toISOString(),
  sizeBytes: image.Size,
});

const foreignTag = (name: string): OperationError =>
  new OperationError({
    code: 'IMAGE_NOT_OURS',
    operation: 'removeTag',
    target: name,
    cause: 'only tags that begin with fdts-ops- are removed',
    hint: `If it should go, remove it by hand: docker rmi ${name}`,
    retryable: false,
  });
