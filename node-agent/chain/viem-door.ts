// What is used of viem, by name, so that no more of it is bundled. Loaded only when a command asks the chain.
export { createPublicClient, createWalletClient, defineChain, encodeFunctionData, http } from 'viem';
export { privateKeyToAccount } from 'viem/accounts';
