// What a coloured word says before it is read.

export type Tone = "good" | "busy" | "idle" | "slow" | "bad" | "ended";
