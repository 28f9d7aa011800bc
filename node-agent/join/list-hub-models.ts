// Models that a hub is asked for, and which of them suit this machine. Pure. Names of files, never a host: where the hub is, the owner says (--model-hub).
// The hashes are those that LocalAI's gallery pins (mudler/LocalAI gallery/index.yaml, 2026-08); sizes are about: the hub tells its own, the hash decides.
import type { Gpu } from '../home/guess-speed.ts';
import { countLendableOf } from './judge-machine.ts';
import type { MachineFacts } from './judge-machine.ts';
import { formatSpeed, judgeModel } from './judge-model.ts';
import type { ModelVerdict } from './judge-model.ts';
import { formatGb } from './tell-size.ts';

export interface HubModel {
  readonly id: string;
  readonly name: string;
  /** As hubs name it: URL/REPOSITORY/resolve/main/FILE. */
  readonly repository: string;
  readonly file: string;
  readonly sizeBytes: number;
  readonly licence: string;
  readonly sha256: string;
}

export interface SuitedModel {
  readonly model: HubModel;
  readonly verdict: ModelVerdict;
  /** A row for the choice. */
  readonly label: string;
}

function qwen(size: string, sizeBytes: number, sha256: string): HubModel {
  const repository = `MaziyarPanahi/Qwen3-${size}-GGUF`;
  const file = `Qwen3-${size}.Q4_K_M.gguf`;
  return {
    id: `qwen3-${size.toLowerCase()}`,
    name: `Qwen3 ${size}`,
    repository,
    file,
    sizeBytes,
    licence: 'Apache-2.0',
    sha256,
  };
}

/** From small to large. */
export const HUB_MODELS: readonly HubModel[] = [
  qwen('0.6B', 0.48e9, 'dc4503da5d7cc7254055a86cd90e1a8c9d16c6ac71eb3a32b34bf48a1f4e0999'),
  qwen('1.7B', 1.28e9, 'ea2aa5f1cce3c8df81ae5fd292a6ed265b8393cc89534dc21fc5327cc974116a'),
  qwen('4B', 2.5e9, 'a37931937683a723ae737a0c6fc67dab7782fd8a1b9dea2ca445b7a1dbd5ca3a'),
  qwen('8B', 5.03e9, '376902d50612ecfc5bd8b268f376c04d10ad7e480f99a1483b833f04344a549e'),
  qwen('14B', 9e9, 'ee624d4be12433277bb9a340d3e5aabf5eb68fc788a7048ee99917edaa46494a'),
  {
    ...qwen('32B', 19.8e9, 'e41ec56ddd376963a116da97506fadfccb50fb402bb6f3cb4be0bc179a582bd6'),
    repository: 'bartowski/Qwen_Qwen3-32B-GGUF',
    file: 'Qwen_Qwen3-32B-Q4_K_M.gguf',
  },
];

const CONTEXT_TOKENS = 8192;
const SLOTS = 2;
/** A download takes no more of what is free. */
const DISK_PART = 0.6;
const MOST_ROWS = 3;

/** The largest that suit, best first. Without a card only what a processor answers quickly. */
export function listHubModels(
  machine: MachineFacts,
  gpu: Gpu | null,
  models: readonly HubModel[] = HUB_MODELS,
): SuitedModel[] {
  const room = { cardBytes: countLendableOf(machine), memoryBytes: machine.freeMemoryBytes, gpu };
  const disk = machine.freeDiskBytes === null ? Number.POSITIVE_INFINITY : machine.freeDiskBytes * DISK_PART;
  return models
    .filter(({ sizeBytes }) => sizeBytes <= disk)
    .map((model) => {
      const facts = {
        sizeBytes: model.sizeBytes,
        contextTokens: CONTEXT_TOKENS,
        isContextGuessed: false,
        isLoaded: false,
        slots: SLOTS,
      };
      return { model, verdict: judgeModel(facts, room) };
    })
    .filter(({ verdict }) => verdict.grade === 'ok')
    .toReversed()
    .slice(0, MOST_ROWS)
    .map((one) => ({ ...one, label: describeOffer(one.model, one.verdict) }));
}

function describeOffer({ name, sizeBytes, licence }: HubModel, { tokensPerS }: ModelVerdict): string {
  const speed = tokensPerS === null ? '' : ` · ~${formatSpeed(tokensPerS)} tok/s`;
  return `Download ${name} (${formatGb(sizeBytes)}, ${licence}${speed})`;
}

/** The address of a model's file at a hub. */
export function tellFileUrl(hub: string, { repository, file }: HubModel): string {
  return `${hub.replace(/\/+$/, '')}/${repository}/resolve/main/${file}`;
}
