// Windows tells of input, power and programs only to programs of its own: one PowerShell child says all three every few seconds, a line of JSON each time.
// Made from Microsoft's pages on GetLastInputInfo, GetSystemPowerStatus and Process.GetProcesses; not tried on a real Windows.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { readWindowsLine } from './read-windows-line.ts';
import type { WindowsFacts } from './read-windows-line.ts';

/** Longer without a line, and what it said last counts no more. */
const STALE_MS = 30_000;
const AGAIN_MS = 60_000;
const LINE_MOST = 1 << 20;

/** `$seen` keeps paths: to ask for one takes longer than all the rest. Ends with its parent, whose pipe it writes to. */
const SCRIPT = String.raw`
$ErrorActionPreference='SilentlyContinue'
Add-Type -Namespace Irori -Name Win -MemberDefinition '
[StructLayout(LayoutKind.Sequential)] public struct Input { public uint size; public uint time; }
[DllImport("user32.dll")] public static extern bool GetLastInputInfo(ref Input info);
[StructLayout(LayoutKind.Sequential)] public struct Power { public byte line; public byte flag; public byte percent; public byte saver; public uint life; public uint full; }
[DllImport("kernel32.dll")] public static extern bool GetSystemPowerStatus(out Power power);
[DllImport("kernel32.dll")] public static extern uint GetTickCount();'
$seen=@{}
while($true){
 $i=New-Object Irori.Win+Input; $i.size=8
 $idle=$null; if([Irori.Win]::GetLastInputInfo([ref]$i)){ $idle=([int64][Irori.Win]::GetTickCount()-[int64]$i.time+4294967296)%4294967296 }
 $p=New-Object Irori.Win+Power; [void][Irori.Win]::GetSystemPowerStatus([ref]$p)
 $now=@{}; $apps=foreach($q in [Diagnostics.Process]::GetProcesses()){
  $k="$($q.Id)"; if(-not $seen.ContainsKey($k)){ $m=$null; try{$m=$q.MainModule.FileName}catch{}; $seen[$k]=$m }
  $now[$k]=$seen[$k]; ,@($q.Id,($q.ProcessName+'.exe'),$seen[$k]); $q.Dispose() }
 $seen=$now
 $o=@{idleMs=$idle;line=$p.line;flag=$p.flag;percent=$p.percent;apps=@($apps)}
 try{ [Console]::Out.WriteLine((ConvertTo-Json $o -Compress -Depth 4)); [Console]::Out.Flush() }catch{ exit }
 if([Console]::Out.GetType().Name -eq 'Null'){ exit }
 Start-Sleep -Milliseconds 2500
}`;

export class WindowsChild {
  #child: ChildProcess | null = null;
  #facts: WindowsFacts | null = null;
  #heardMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** What it said last; null where it says nothing. */
  get facts(): WindowsFacts | null {
    return performance.now() - this.#heardMs < STALE_MS ? this.#facts : null;
  }

  /** `onLine` is called after each line. */
  start(onLine: () => void): void {
    const encoded = Buffer.from(SCRIPT, 'utf16le').toString('base64');
    const words = ['-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-EncodedCommand', encoded];
    const child = spawn('powershell.exe', words, { stdio: ['ignore', 'pipe', 'ignore'], windowsHide: true });
    this.#child = child;
    child.on('error', () => this.#again(onLine));
    child.once('exit', () => this.#again(onLine));
    child.unref();
    createInterface({ input: child.stdout }).on('line', (line) => {
      const facts = line.length > LINE_MOST ? null : readWindowsLine(line);
      if (facts === null) return;
      this.#facts = facts;
      this.#heardMs = performance.now();
      onLine();
    });
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#child?.kill();
  }

  #again(onLine: () => void): void {
    clearTimeout(this.#timer);
    if (!this.#isClosed) this.#timer = setTimeout(() => this.start(onLine), AGAIN_MS).unref();
  }
}
