#!/usr/bin/env node
// Runs the Python command `recommender` with the same flags, streams, signals and exit code.
//
// It is the command on the PATH if that has the version of this package; else one in a private
// environment, which is made once, in the user's cache directory. An environment is built under a
// temporary name and renamed when it works, so that no other run ever sees a part of one.

import { spawn, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const PACKAGE = JSON.parse(fs.readFileSync(new URL("package.json", import.meta.url), "utf8"));
const VERSION = PACKAGE.version.replace(/-(a|b|rc)\.(\d+)$/, "$1$2"); // as Python writes it
const WINDOWS = process.platform === "win32";
const BEAT = 2_000; // milliseconds between two signs of life of a run that builds
const DEAD = 15_000; // without one for so long, it has ended
const LAST_LINES = 15; // of a failed pip
const START = `import sys
from recommender.__main__ import main
sys.argv[0] = "recommender"
sys.exit(main())`;

/** A failure with a message for people. */
class Failure extends Error {
  constructor(message, hint) {
    super(hint ? `${message}\nHint: ${hint}` : message);
  }
}

/** The signal that asked this process to end while it installs, and what to stop then. */
const stop = { signal: null, child: null };

async function main() {
  const command = installedCommand() ?? (await environment());
  return run(command, process.argv.slice(2));
}

// The command

/** Return the command on the PATH, if it is the right version and not this file. */
function installedCommand() {
  const name = WINDOWS ? "recommender.exe" : "recommender";
  for (const folder of (process.env.PATH ?? "").split(path.delimiter)) {
    const file = path.join(folder || ".", name);
    if (isProgram(file) && hasVersion([file])) return [file];
  }
  return null;
}

/** Return whether a file can be run, and is not a script for Node.js such as this one. */
function isProgram(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    const start = Buffer.alloc(100);
    const handle = fs.openSync(file);
    fs.readSync(handle, start, 0, start.length, 0);
    fs.closeSync(handle);
    return !/^#!.*node/.test(start.toString("latin1"));
  } catch {
    return false;
  }
}

/** Return whether a command is `recommender` in the version of this package. */
function hasVersion(command) {
  return output([...command, "--version"]) === `recommender, version ${VERSION}`;
}

/** Return what a command prints, or null if it fails. */
function output([program, ...args]) {
  const options = { encoding: "utf8", timeout: 30_000, windowsHide: true, env: environ() };
  const done = spawnSync(program, args, options);
  return done.status === 0 ? done.stdout.trim() : null;
}

/** Return the variables for the command: without ours, which it would report as unknown. */
function environ() {
  const { RECOMMENDER_PIP_ARGS: _, ...rest } = process.env;
  return rest;
}

/** Run the command; it gets the signals that this process gets. Return its exit code. */
function run([program, ...before], args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...before, ...args], { stdio: "inherit", env: environ() });
    const { stdin, stdout, stderr } = process;
    const onTerminal = stdin.isTTY || stdout.isTTY || stderr.isTTY;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
      process.on(signal, () => {
        if (signal !== "SIGINT" || !onTerminal) child.kill(signal); // a terminal tells both
      });
    }
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? 128 + os.constants.signals[signal]));
  });
}

// The environment

/** Return the command of the private environment, and make that first if need be. */
async function environment() {
  const folder = path.join(cacheFolder(), `${VERSION}-${settingsDigest()}`);
  if (works(folder)) return commandOf(folder);
  fs.mkdirSync(path.dirname(folder), { recursive: true });
  const unlock = await locked(`${folder}.lock`);
  try {
    if (!works(folder)) await build(folder);
  } finally {
    unlock();
  }
  return commandOf(folder);
}

function cacheFolder() {
  const home = os.homedir();
  const usual = WINDOWS
    ? process.env.LOCALAPPDATA || path.join(home, "AppData", "Local")
    : process.platform === "darwin"
      ? path.join(home, "Library", "Caches")
      : process.env.XDG_CACHE_HOME || path.join(home, ".cache");
  return path.join(usual, PACKAGE.name);
}

/** Return a digest of all that makes one environment differ from another of the same version. */
function settingsDigest() {
  const { PYTHON, RECOMMENDER_PIP_ARGS } = process.env;
  const values = [process.platform, process.arch, PYTHON, RECOMMENDER_PIP_ARGS];
  return createHash("sha256").update(JSON.stringify(values)).digest("hex").slice(0, 12);
}

/** Return the command in an environment; its own scripts name the directory of the build. */
function commandOf(folder) {
  return [pythonOf(folder), "-P", "-c", START];
}

function pythonOf(folder) {
  return WINDOWS ? path.join(folder, "Scripts", "python.exe") : path.join(folder, "bin", "python");
}

function works(folder) {
  return fs.existsSync(folder) && hasVersion(commandOf(folder));
}

/** Build the environment under another name, then give it its own. */
async function build(folder) {
  const python = findPython();
  removeLeft(folder);
  const temporary = `${folder}.tmp-${randomBytes(6).toString("hex")}`;
  console.error(`recommender: installing version ${VERSION} into ${folder}, once`);
  try {
    await makeEnvironment(python, temporary);
    await install(temporary);
    if (!hasVersion(commandOf(temporary))) {
      throw new Failure(
        `what pip installed does not start as recommender ${VERSION}`,
        "check what RECOMMENDER_PIP_ARGS and the variables PIP_* say",
      );
    }
    fs.rmSync(folder, { recursive: true, force: true }); // a broken one
    fs.renameSync(temporary, folder);
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Remove what runs left that were killed. */
function removeLeft(folder) {
  const beginning = `${path.basename(folder)}.tmp-`;
  for (const name of fs.readdirSync(path.dirname(folder))) {
    if (name.startsWith(beginning)) {
      fs.rmSync(path.join(path.dirname(folder), name), { recursive: true, force: true });
    }
  }
}

async function makeEnvironment(python, folder) {
  const { code, text } = await finished([...python, "-m", "venv", folder]);
  if (code === 0) return;
  if (/ensurepip|No module named '?venv/.test(text)) {
    const version = output([...python, "-c", ASK]);
    throw new Failure(
      `${python.join(" ")} cannot make virtual environments: its module venv is not complete`,
      `on Debian and Ubuntu: apt install python3-venv (or python${version}-venv)`,
    );
  }
  throw new Failure(`${python.join(" ")} -m venv failed:\n${lastLines(text)}`);
}

async function install(folder) {
  const given = words(process.env.RECOMMENDER_PIP_ARGS ?? "");
  const wanted = `${PACKAGE.pythonPackage}==${VERSION}`;
  const pip = [pythonOf(folder), "-m", "pip", "--disable-pip-version-check", "--no-input"];
  const { code, text } = await finished([...pip, "install", wanted, ...given]);
  if (code !== 0) {
    throw new Failure(
      `pip could not install ${wanted}:\n${lastLines(text)}`,
      "for wheel files or another index, set RECOMMENDER_PIP_ARGS or the variables of pip (PIP_*)",
    );
  }
}

/** Split text into words as a shell does; backslashes are as in paths of Windows. */
function words(text) {
  const found = text.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  return found.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
}

function lastLines(text) {
  return text.trim().split(/\r?\n/).slice(-LAST_LINES).map((line) => `  ${line}`).join("\n");
}

/** Run a program to its end; return its exit code, and what it printed. */
async function finished([program, ...args]) {
  const stdio = ["ignore", "pipe", "pipe"];
  const child = spawn(program, args, { stdio, windowsHide: true, env: environ() });
  stop.child = child;
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (some) => (text += some));
  }
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  stop.child = null;
  if (stop.signal) throw new Failure("interrupted while installing; nothing is left of it");
  return { code, text };
}

/** Wait for the lock; return the function that gives it back. It only saves work: see `build`. */
async function locked(folder) {
  const unlock = () => fs.rmSync(folder, { recursive: true, force: true });
  let waits = false;
  for (;;) {
    try {
      fs.mkdirSync(folder);
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const seen = fs.statSync(folder, { throwIfNoEntry: false });
    if (seen && Date.now() - seen.mtimeMs > DEAD) unlock();
    if (!waits) console.error("recommender: another run is installing it; waiting");
    waits = true;
    await new Promise((resolve) => setTimeout(resolve, 200));
    if (stop.signal) throw new Failure("interrupted");
  }
  const beat = setInterval(() => fs.utimes(folder, new Date(), new Date(), () => {}), BEAT);
  return () => {
    clearInterval(beat);
    unlock();
  };
}

// Python

const NAMES = ["python3", "python", "python3.14", "python3.13", "python3.12", "python3.11"];
const ASK = "import sys; print('%d.%d' % sys.version_info[:2])";

/** Return the command of a Python that is new enough. */
function findPython() {
  const named = process.env.PYTHON;
  const usual = [...NAMES.map((name) => [name]), ["py", "-3"]];
  const candidates = named ? [[named]] : usual;
  const found = [];
  for (const candidate of candidates) {
    const version = output([...candidate, "-c", ASK]);
    const [major, minor] = (version ?? "0.0").split(".").map(Number);
    if (major === 3 && minor >= 11) return candidate;
    if (version) found.push(`${candidate.join(" ")} is ${version}`);
  }
  const instead = found.length ? ` (${found.join(", ")})` : "";
  if (named) {
    throw new Failure(`PYTHON=${named} is not Python 3.11 or later${instead}`, "change or unset it");
  }
  const how = `${howToInstall()}; or set PYTHON to its path`;
  throw new Failure(`found no Python 3.11 or later${instead}`, how);
}

function howToInstall() {
  if (WINDOWS) return "winget install Python.Python.3.13";
  if (process.platform === "darwin") return "brew install python";
  let release = "";
  try {
    release = fs.readFileSync("/etc/os-release", "utf8");
  } catch {
    // not every system has it
  }
  if (/^ID(_LIKE)?=.*(debian|ubuntu)/m.test(release)) return "apt install python3 python3-venv";
  if (/^ID(_LIKE)?=.*(fedora|rhel)/m.test(release)) return "dnf install python3";
  if (/^ID=alpine/m.test(release)) return "apk add python3";
  return "install it with the package manager of your system";
}

// Start

const EARLY = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
for (const signal of Object.keys(EARLY)) {
  process.on(signal, () => {
    stop.signal ??= signal;
    stop.child?.kill();
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Failure ? `recommender: ${error.message}` : error);
  process.exitCode = stop.signal ? EARLY[stop.signal] : 1;
}
