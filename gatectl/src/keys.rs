//! `gatectl keys`: makes the key pairs that findings are signed with.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use host::signing::KeyPair;
use serde_json::json;

use crate::exit::{ExitCode, Failure, Outcome};
use crate::output::{Colour, Format, Output};
use crate::password::Passwords;

/// Version of the JSON that `--format json` writes.
const SCHEMA_VERSION: u32 = 1;

/// Makes keys that findings are signed with
#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    Generate(Generate),
}

/// Makes a key pair of the kind that `cosign generate-key-pair` makes; either tool signs with it
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gatectl keys generate
  COSIGN_PASSWORD=$(pass show scan-key) gatectl keys generate --output keys/scan
  gatectl attach ghcr.io/acme/web:1.4 --report web.json --sign-key cosign.key

The private key (ECDSA, P-256) is encrypted with the password in COSIGN_PASSWORD, else one that is asked for on the terminal.
The public key goes into the settings, below `trust`.")]
pub(crate) struct Generate {
    /// Beginning of the files' names: PREFIX.key is the private key, PREFIX.pub the public one
    #[arg(long, value_name = "PREFIX", default_value = "cosign")]
    output: PathBuf,
    /// Replace files that are there: what was signed with an earlier key can be signed with it no more
    #[arg(long)]
    force: bool,
    /// How the result is written
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

impl Keys {
    pub(crate) fn run(self, output: &mut Output<'_>, passwords: &Passwords) -> Outcome {
        match self {
            Self::Generate(command) => command.run(output, passwords),
        }
    }
}

impl Generate {
    fn run(self, output: &mut Output<'_>, passwords: &Passwords) -> Outcome {
        let with = |extension: &str| {
            let mut name = self.output.clone().into_os_string();
            name.push(extension);
            PathBuf::from(name)
        };
        let (private, public) = (with(".key"), with(".pub"));
        // Before the password is asked for; that nothing is overwritten is seen to when the files are made.
        for file in [&private, &public] {
            if !self.force && file.exists() {
                return Err(exists(file));
            }
        }
        let password = passwords.for_new(&private)?;
        let key = KeyPair::generate().map_err(Failure::new)?;
        let sealed = key.seal(&password).map_err(|e| Failure::at(private.display(), e))?;
        let text = key.public_pem();
        self.write(&private, &sealed, 0o600)?;
        self.write(&public, &text, 0o644)?;
        match self.format {
            Format::Json => output.json(&json!({
                "schemaVersion": SCHEMA_VERSION,
                "privateKey": private.display().to_string(),
                "publicKey": public.display().to_string(),
                "publicKeyPem": text,
            }))?,
            Format::Table => {
                for (name, file) in [("private key", &private), ("public key", &public)] {
                    let name = output.paint(Colour::Heading, &format!("{name:<11}"));
                    writeln!(output.results, "{name}  {}", file.display())?;
                }
                if password.is_empty() {
                    output.note("the private key has no password: whoever reads the file can sign")?;
                }
            }
        }
        Ok(ExitCode::Admitted)
    }

    /// Makes a file, never through one that is there: its mode, and what a link points to, would stay.
    fn write(&self, path: &Path, text: &str, mode: u32) -> Result<(), Failure> {
        if self.force {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(Failure::at(path.display(), error)),
                _ => {}
            }
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        with_mode(&mut options, mode);
        let mut file = options.open(path).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => exists(path),
            _ => Failure::at(path.display(), error),
        })?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| Failure::at(path.display(), error))
    }
}

fn exists(path: &Path) -> Failure {
    Failure::at(path.display(), "the file is there already; hint: name others with `--output`, or replace it with `--force`")
}

#[cfg(unix)]
fn with_mode(options: &mut OpenOptions, mode: u32) {
    std::os::unix::fs::OpenOptionsExt::mode(options, mode);
}

#[cfg(not(unix))]
fn with_mode(_: &mut OpenOptions, _: u32) {}
