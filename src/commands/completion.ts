// squeezebox completion: the command table -> a shell script that completes commands, flags and files.

import { InputError } from "../diagnostic.js";
import { print } from "./output.js";

/** A command that can be completed. */
export interface Completable {
  readonly name: string;
  readonly description: string;
  /** The names of the commands in it, if it is a group. */
  readonly subcommands: readonly string[];
  /** With their leading dashes. */
  readonly flags: readonly string[];
}

type Script = (commands: readonly Completable[]) => string;

const SCRIPTS: Readonly<Record<string, Script>> = {
  bash: (commands) => `# source <(squeezebox completion bash)
_squeezebox() {
  local word="\${COMP_WORDS[COMP_CWORD]}" flags="" inner=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(" ")} --help --version" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${commands.map(({ name, flags, subcommands }) => `    ${name}) flags="${flags.join(" ")}" inner="${subcommands.join(" ")}" ;;`).join("\n")}
  esac
  if [[ "$word" == -* ]]; then COMPREPLY=($(compgen -W "$flags" -- "$word"))
  elif [ "$COMP_CWORD" -eq 2 ] && [ -n "$inner" ]; then COMPREPLY=($(compgen -W "$inner" -- "$word"))
  else COMPREPLY=($(compgen -f -- "$word")); fi
}
complete -o filenames -F _squeezebox squeezebox
`,
  zsh: (commands) => `#compdef squeezebox
# source <(squeezebox completion zsh)
_squeezebox() {
  if (( CURRENT == 2 )); then
    local -a commands=(${commands.map(({ name, description }) => `'${name}:${quoted(description)}'`).join(" ")})
    _describe command commands
    return
  fi
  case "\${words[2]}" in
${commands.map(({ name, flags, subcommands }) => `    ${name}) compadd -- ${[...subcommands, ...flags].join(" ")} ;;`).join("\n")}
  esac
  _files
}
compdef _squeezebox squeezebox
`,
  fish: (commands) =>
    [
      "# squeezebox completion fish | source",
      ...commands.flatMap(({ name, description, flags, subcommands }) => [
        `complete -c squeezebox -n __fish_use_subcommand -a ${name} -d '${quoted(description)}'`,
        ...subcommands.map(
          (inner) => `complete -c squeezebox -n '__fish_seen_subcommand_from ${name}' -a ${inner}`,
        ),
        ...flags.map(
          (flag) =>
            `complete -c squeezebox -n '__fish_seen_subcommand_from ${name}' -l ${flag.replace(/^--/, "")}`,
        ),
      ]),
      "",
    ].join("\n"),
};

export function completion(shell: string, commands: readonly Completable[]): number {
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
  if (!script)
    throw new InputError(`the shell must be one of ${Object.keys(SCRIPTS).join(", ")}; found ${shell}`);
  print(script(commands).trimEnd());
  return 0;
}

function quoted(text: string): string {
  return text.replaceAll("'", "’").replaceAll(":", ";");
}
