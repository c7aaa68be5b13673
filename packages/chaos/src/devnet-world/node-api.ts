// Owns: what the collector asks one node, as it stands in the node's own words. What has not the form of an answer throws.
import {
  type Block,
  type Certificate,
  decodeBlock,
  fromHex,
  type Header,
  type Hex32,
  headerId,
  type LightStep,
} from '@consilium/core';
import { NODE_ANSWER_MS_MAX } from '../limits.ts';

export interface Told {
  readonly height: number;
  readonly round: number;
  readonly blockId: Hex32;
  readonly stateRoot: Hex32;
}

export interface CommitTold {
  readonly id: Hex32;
  readonly header: Header;
  readonly certificate: Certificate;
}

export interface NodeApi {
  /** undefined: it does not answer. */
  status(): Promise<Told | undefined>;
  /** From the height upwards; fewer than there are. */
  commits(from: number): Promise<readonly CommitTold[]>;
  block(height: number): Promise<Block>;
  /** The step that tells the set after this height, when it changes there. */
  lightStep(height: number): Promise<LightStep | undefined>;
}

export function createNodeApi(base: string): NodeApi {
  const ask = async (path: string): Promise<unknown> => {
    const response = await fetch(base + path, { signal: AbortSignal.timeout(NODE_ANSWER_MS_MAX) });
    if (!response.ok) throw new Error(`${path}: status ${response.status}`);
    return response.json();
  };
  return {
    status: async () => {
      try {
        return (await ask('/v1/status')) as Told;
      } catch {
        return undefined;
      }
    },
    commits: async (from) => {
      const { headers } = (await ask(`/v1/blocks?from=${from}&limit=16`)) as { headers: CommitTold[] };
      for (const { id, header } of headers)
        if (headerId(header) !== id) throw new Error(`the header at ${header.height} has another id`);
      return headers;
    },
    block: async (height) => {
      const { block } = (await ask(`/v1/blocks/${height}`)) as { block: string };
      return decodeBlock(fromHex(block));
    },
    lightStep: async (height) => {
      const { steps } = (await ask(`/v1/light?from=${height - 1}`)) as { steps: LightStep[] };
      return steps.find(({ header }) => header.height === height);
    },
  };
}
