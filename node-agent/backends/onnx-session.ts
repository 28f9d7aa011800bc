// The one door to onnxruntime: loads a model and runs one forward pass. Used inside the worker only, since a pass blocks its thread.

import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type * as Ort from 'onnxruntime-node';
import { err, ok, type Result } from '../../schema/result.ts';
import { explainRuntime } from './explain-runtime.ts';

/** Keys and values of the tokens fed so far. */
export interface Cache {
  readonly tensors: Record<string, Ort.Tensor>;
  readonly length: number;
}

interface Shape {
  readonly layers: number;
  readonly heads: number;
  readonly headDim: number;
}

type Runtime = typeof Ort;

export class OnnxSession {
  readonly #runtime: Runtime;
  readonly #session: Ort.InferenceSession;
  readonly #shape: Shape;
  readonly contextTokens: number;
  readonly endIds: readonly number[];

  private constructor(
    runtime: Runtime,
    session: Ort.InferenceSession,
    facts: { shape: Shape; contextTokens: number; endIds: number[] },
  ) {
    this.#runtime = runtime;
    this.#session = session;
    this.#shape = facts.shape;
    this.contextTokens = facts.contextTokens;
    this.endIds = facts.endIds;
  }

  /** Loads `modelDir` (config.json, generation_config.json, onnx/model.onnx). The error is a sentence for the owner. */
  static async load(options: {
    modelDir: string;
    runtimePath?: string;
    threads: number;
  }): Promise<Result<OnnxSession, string>> {
    const runtime = loadRuntime(options.runtimePath);
    if (!runtime.ok) return runtime;
    try {
      const facts = await readFacts(options.modelDir);
      const session = await runtime.value.InferenceSession.create(join(options.modelDir, 'onnx', 'model.onnx'), {
        intraOpNumThreads: options.threads,
        interOpNumThreads: 1,
        logSeverityLevel: 3,
      });
      return ok(new OnnxSession(runtime.value, session, facts));
    } catch (error) {
      return err(
        `The model in ${options.modelDir} did not load: ${error instanceof Error ? error.message : 'unknown reason'}`,
      );
    }
  }

  /** Feeds `ids` after `cache` and gives the logits after the last of them, with the cache grown by them. */
  async step(ids: readonly number[], cache: Cache | null): Promise<{ logits: Float32Array; cache: Cache }> {
    const past = cache?.length ?? 0;
    const length = past + ids.length;
    const feeds: Record<string, Ort.Tensor> = {
      input_ids: this.#integers(ids.map(BigInt)),
      attention_mask: this.#integers(Array.from({ length }, () => 1n)),
      position_ids: this.#integers(ids.map((_, index) => BigInt(past + index))),
      ...(cache?.tensors ?? this.#emptyCache()),
    };
    const out = await this.#session.run(feeds);
    return { logits: lastRow(out['logits']), cache: { tensors: this.#grown(out), length } };
  }

  /** Frees the model. */
  async release(): Promise<void> {
    await this.#session.release();
  }

  #integers(values: readonly bigint[]): Ort.Tensor {
    return new this.#runtime.Tensor('int64', BigInt64Array.from(values), [1, values.length]);
  }

  #emptyCache(): Record<string, Ort.Tensor> {
    const { layers, heads, headDim } = this.#shape;
    const tensors: Record<string, Ort.Tensor> = {};
    for (let layer = 0; layer < layers; layer += 1) {
      for (const half of ['key', 'value']) {
        tensors[`past_key_values.${layer}.${half}`] = new this.#runtime.Tensor('float32', new Float32Array(0), [
          1,
          heads,
          0,
          headDim,
        ]);
      }
    }
    return tensors;
  }

  #grown(out: Ort.InferenceSession.OnnxValueMapType): Record<string, Ort.Tensor> {
    const tensors: Record<string, Ort.Tensor> = {};
    for (let layer = 0; layer < this.#shape.layers; layer += 1) {
      for (const half of ['key', 'value']) {
        const tensor = out[`present.${layer}.${half}`];
        if (tensor === undefined) throw new Error(`the model gives no present.${layer}.${half}`);
        tensors[`past_key_values.${layer}.${half}`] = tensor as Ort.Tensor;
      }
    }
    return tensors;
  }
}

/** Finds onnxruntime-node: in `runtimePath`'s node_modules when given (where setup installs it), else beside this program. */
function loadRuntime(runtimePath: string | undefined): Result<Runtime, string> {
  try {
    const require = createRequire(runtimePath === undefined ? import.meta.url : join(runtimePath, 'package.json'));
    return ok(require('onnxruntime-node') as Runtime);
  } catch (error) {
    return err(explainRuntime(error, process.platform, process.arch));
  }
}

async function readFacts(modelDir: string): Promise<{ shape: Shape; contextTokens: number; endIds: number[] }> {
  const config = await readJson(join(modelDir, 'config.json'));
  const generation = await readJson(join(modelDir, 'generation_config.json'));
  const number = (name: string): number => {
    const value = config[name];
    if (typeof value !== 'number') throw new Error(`config.json has no ${name}`);
    return value;
  };
  const shape = {
    layers: number('num_hidden_layers'),
    heads: number('num_key_value_heads'),
    headDim: number('head_dim'),
  };
  const endIds = [generation['eos_token_id']].flat().filter((id) => typeof id === 'number');
  return { shape, contextTokens: number('max_position_embeddings'), endIds };
}

async function readJson(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
}

/** A copy of the last row of [1, tokens, vocabulary] logits. */
function lastRow(logits: Ort.InferenceSession.OnnxValueMapType[string] | undefined): Float32Array {
  if (logits === undefined || !(logits.data instanceof Float32Array)) throw new Error('the model gives no fp32 logits');
  const width = logits.dims.at(-1) ?? 0;
  return logits.data.slice(logits.data.length - width);
}
