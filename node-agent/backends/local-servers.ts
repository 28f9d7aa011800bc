// Looks for servers on this machine at the ports they use by default. Only 127.0.0.1 and [::1] are asked, and nothing is shared by it.

import type { Detected } from './backend.ts';
import { OpenAiHttpBackend } from './openai-http.ts';
import type { Result } from '../../schema/result.ts';

/** Ollama, LM Studio, llama-server (old and new default), vLLM, Jan, KoboldCpp. Networks' ports are left out on purpose. */
export const DEFAULT_PORTS: readonly number[] = [11434, 1234, 8080, 9931, 8000, 1337, 5001];

export interface FoundServer {
  readonly baseUrl: string;
  /** What it is, or why it cannot be shared. */
  readonly detected: Result<Detected, string>;
}

/** The servers that answer, in the order of `ports`, IPv4 before IPv6; those that do not answer are left out. */
export async function findLocalServers(
  signal: AbortSignal,
  ports: readonly number[] = DEFAULT_PORTS,
): Promise<FoundServer[]> {
  const asked = ports.map(
    async (port) => (await look(`http://127.0.0.1:${port}`, signal)) ?? look(`http://[::1]:${port}`, signal),
  );
  return (await Promise.all(asked)).filter((found) => found !== null);
}

async function look(baseUrl: string, signal: AbortSignal): Promise<FoundServer | null> {
  const backend = new OpenAiHttpBackend({ baseUrl });
  const detected = await backend.detect(signal);
  await backend.close();
  return !detected.ok && detected.error.startsWith('No server answers') ? null : { baseUrl, detected };
}
