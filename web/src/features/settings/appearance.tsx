// Light, dark, or as the machine has it.

const choices = { system: "As the machine has it", light: "Light", dark: "Dark" } as const;

type Choice = keyof typeof choices;

export function Appearance({ choice, choose }: { choice: Choice; choose: (choice: Choice) => void }) {
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 font-medium">Theme</legend>
      <div className="flex flex-wrap gap-x-5 gap-y-2">
        {(Object.keys(choices) as Choice[]).map((name) => (
          <label key={name} className="flex items-center gap-2">
            <input
              type="radio"
              name="theme"
              checked={choice === name}
              onChange={() => choose(name)}
              className="size-4 accent-accent"
            />
            {choices[name]}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
