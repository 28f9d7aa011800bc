// Why the ONNX runtime did not load, in a sentence that says what to do. Pure.

/** Turns the error of requiring onnxruntime-node into advice. `platform` and `arch` as Node names them. */
export function explainRuntime(error: unknown, platform: string, arch: string): string {
  const text = error instanceof Error ? error.message : String(error);
  const elsewhere = 'or share a server that runs on this machine with `irori-node up --backend http://127.0.0.1:11434`';
  if (/onnxruntime_binding\.node/.test(text) && /Cannot find module|no such file/i.test(text)) {
    return `onnxruntime-node has no build for ${platform}-${arch}. Use a machine it supports (linux, win32 or darwin on arm64; linux or win32 on x64), ${elsewhere}.`;
  }
  if (/Cannot find (module|package) '?onnxruntime-node/.test(text)) {
    return `The ONNX runtime is not installed. Run \`irori-node setup\`, which installs it into the agent's data folder, ${elsewhere}.`;
  }
  const firstLine = text.split('\n')[0]?.slice(0, 200) ?? '';
  return `The ONNX runtime did not load (${firstLine}). Run \`irori-node setup\` to install it again, ${elsewhere}.`;
}
