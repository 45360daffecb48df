/** A program in another language that tests call the platform by. */
export interface ForeignClient {
  /** That of the folder beside this file which has what it is made of. */
  name: string;
  needs: Language;
  /** It is made of `openapi.json`, the document that the gateway serves. */
  hasDocument?: true;
  /** It is made of another one, which is found at `$OF`. */
  of?: string;
  /** Shell commands in a copy of the folder; `$ROOT` is this checkout. */
  install: string;
  /** How it is run there. */
  command: [string, ...string[]];
}

/** By which command each is found to be at hand. */
export const languages = {
  Go: "go version",
  Java: "java -version && javac -version && mvn -version && python3 -c 'import ensurepip'",
  "Node.js": "npm --version",
  Python: "python3 -c 'import ensurepip'",
  Rust: "cargo --version",
};
export type Language = keyof typeof languages;

const pip = "python3 -m venv . && bin/python -m pip install --quiet -r requirements.txt";
const jars = "mvn --quiet --batch-mode dependency:copy-dependencies -DoutputDirectory=lib";
const nodeTypes = "--types node --typeRoots $ROOT/node_modules/@types";
/** What is built of others' code is kept: a change of ours builds only what is ours. */
const cargo = "cargo build --quiet --target-dir ../cargo";

export const foreignClients: readonly ForeignClient[] = [
  {
    name: "openapi-generator",
    needs: "Java",
    hasDocument: true,
    install: `${pip}
      java -jar lib/python*/site-packages/openapi_generator_cli/openapi-generator.jar \\
        batch --fail-fast --threads 2 *.yaml`,
    command: ["ls", "generated"],
  },
  {
    name: "socket.io-rust",
    needs: "Rust",
    install: `${cargo} && cp ../cargo/debug/socket-io-chat chat`,
    command: ["./chat"],
  },
  {
    name: "generated-go",
    needs: "Go",
    of: "openapi-generator",
    install: `cp -r $OF/generated/go openapi
      rm -r openapi/go.mod openapi/test
      go build -o chat .`,
    command: ["./chat"],
  },
  {
    name: "socket.io-go",
    needs: "Go",
    install: "go build -mod=mod -o chat .",
    command: ["./chat"],
  },
  {
    name: "generated-rust",
    needs: "Rust",
    of: "openapi-generator",
    install: `cp -r $OF/generated/rust openapi && ${cargo} && cp ../cargo/debug/generated-chat chat`,
    command: ["./chat"],
  },
  {
    name: "grpcurl",
    needs: "Go",
    install: "go build -mod=mod -o grpcurl github.com/fullstorydev/grpcurl/cmd/grpcurl",
    command: ["./grpcurl"],
  },
  {
    name: "evans",
    needs: "Go",
    install: "go build -mod=mod -o evans .",
    command: ["./evans"],
  },
  {
    name: "generated-java",
    needs: "Java",
    of: "openapi-generator",
    install: `${jars}
      javac -nowarn -cp 'lib/*' -d classes Chat.java $(find $OF/generated/java/src/main -name '*.java')`,
    command: ["java", "-cp", "classes:lib/*", "Chat"],
  },
  {
    name: "socket.io-java",
    needs: "Java",
    install: `${jars} && javac -cp 'lib/*' -d classes Chat.java`,
    command: ["java", "-cp", "classes:lib/*", "Chat"],
  },
  {
    name: "generated-python",
    needs: "Python",
    of: "openapi-generator",
    install: `${pip} && cp -r $OF/generated/python/openapi_client .`,
    command: ["bin/python", "chat.py"],
  },
  {
    name: "openapi-python-client",
    needs: "Python",
    hasDocument: true,
    install: `${pip}
      PATH=$PWD/bin:$PATH bin/python -m openapi_python_client generate \\
        --path openapi.json --output-path openapi --fail-on-warning`,
    command: ["bin/python", "chat.py"],
  },
  {
    name: "socket.io-python",
    needs: "Python",
    install: pip,
    command: ["bin/python", "chat.py"],
  },
  {
    name: "grpcio",
    needs: "Python",
    install: pip,
    command: ["bin/python", "rooms.py"],
  },
  {
    name: "schemathesis",
    needs: "Python",
    install: pip,
    command: ["bin/python", "-c", "from schemathesis.cli import schemathesis; schemathesis()"],
  },
  {
    name: "generated-typescript",
    needs: "Node.js",
    of: "openapi-generator",
    install: `cp -r $OF/generated/typescript openapi
      $ROOT/node_modules/.bin/tsc -p . ${nodeTypes}`,
    command: [process.execPath, "built/chat.js"],
  },
  {
    name: "openapi-typescript",
    needs: "Node.js",
    hasDocument: true,
    install: `npm install --silent
      node_modules/.bin/openapi-typescript openapi.json -o api.ts
      node_modules/.bin/tsc -p . ${nodeTypes}`,
    command: [process.execPath, "chat.ts"],
  },
];
