// Names of runtimes. Apart from words.ts, which every page loads first.
import type { AgentRuntime } from '../api/types';

/** "tinyrig 0.1.0"; empty while unknown. */
export const runtimeName = (runtime: AgentRuntime | undefined): string => [runtime?.name, runtime?.version].filter(Boolean).join(' ');
