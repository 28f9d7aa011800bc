// The states of a home and the reasons of its pauses in Japanese; in English they are everybody's (schema/state-words.ts).
import type { StateWord } from '../../../schema/state-words.ts';

export const STATES_JA: Readonly<Record<StateWord, { readonly told: string; readonly action: string | null }>> = {
  starting: { told: 'エージェントを起動しています。', action: null },
  checking: { told: 'このマシンでできることを確認しています。', action: null },
  benchmarking: { told: 'モデルの速度を測っています。', action: null },
  idle: { told: '準備完了。この家を必要とする呼び出しはまだありません。', action: null },
  busy: { told: '呼び出しを処理しています。', action: null },
  eco: { told: '準備完了。同時に受けるジョブを減らしています。', action: '時間帯は「ルール」で変更できます。' },
  pausing: { told: '実行中のジョブを引き継いでいます。', action: null },
  offline: { told: 'ネットワークに接続していません。', action: '原因は「マシン」の診断で確認できます。' },
  asleep: {
    told: 'マシンがスリープしていました。',
    action: '働かせたいときは、マシンがスリープしないように設定してください。',
  },
  stopped: { told: 'エージェントが動いていません。', action: 'irori-node up で起動してください。' },
  owner: { told: 'あなたが一時停止しました。', action: '再開するには「貸し出しを再開」を押してください。' },
  draining: { told: '停止する前に最後のジョブを終わらせています。', action: null },
  'backend-down': {
    told: 'モデルサーバーが応答しないため、提供できるモデルがありません。',
    action: 'モデルサーバーを起動してください。',
  },
  exposure: { told: 'ルーターの回答を待つ領収書が多すぎます。', action: '対応は不要です。自動で再開します。' },
  schedule: {
    told: 'この時間帯は、あなたのためにマシンを空けています。',
    action: '時間帯は「ルール」で変更できます。',
  },
  'exclusive-app': {
    told: '邪魔をしないと決めたアプリが起動しています。',
    action: '対応は不要です。アプリを閉じてしばらくすると再開します。',
  },
  'gpu-in-use': {
    told: 'あなたか、ほかのプログラムがグラフィックカードを使っています。',
    action: '対応は不要です。カードが空いてしばらくすると再開します。',
  },
  temperature: {
    told: 'グラフィックカードの温度が高すぎます。',
    action: '冷めるのを待つか、「ルール」で上限を上げてください。',
  },
  battery: {
    told: 'バッテリーで動作しています。',
    action: '電源に接続するか、「ルール」でバッテリー動作を許可してください。',
  },
  update: { told: '更新しています。', action: null },
  disk: {
    told: 'ディスクがいっぱいで、領収書を保存できません。',
    action: '状態フォルダーのあるディスクの空きを増やしてください。',
  },
  outbox: { told: 'ルーターの承認を待つ仕事が多すぎます。', action: '対応は不要です。自動で再開します。' },
  'user-active': { told: 'マシンが使われています。', action: '対応は不要です。しばらく操作がなければ再開します。' },
  memory: {
    told: 'ほかのプログラムがメモリを必要としています。',
    action: '不要なものを閉じるか、より小さいモデルを貸し出してください。',
  },
  metered: {
    told: '従量制の回線につながっています。',
    action: '別の回線を使うか、「ルール」で従量制の回線を許可してください。',
  },
  traffic: { told: '1日に許可した通信量を使い切りました。', action: '対応は不要です。日付が変わると再開します。' },
  'job-limit': { told: '1日に許可したジョブ数に達しました。', action: '対応は不要です。日付が変わると再開します。' },
  'power-cap': {
    told: '消費電力または騒音が、いまの設定を超えています。',
    action: '「ルール」で上限を上げるか、カードの電力制限を下げてください。',
  },
};
