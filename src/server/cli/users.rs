//! `vestibule user …`: what an operator does with accounts. A running server obeys within a second, since it asks
//! the database what was taken back.

use super::{Failure, Parts, assemble, print};
use crate::app::words;
use crate::domain::email::Email;
use crate::domain::error::AppError;
use crate::domain::role::{Role, Roles};
use crate::language::Text;
use crate::server::accounts::{By, UserRow};
use crate::server::config::Config;
use crate::server::web;
use clap::Subcommand;
use serde_json::json;
use std::io::IsTerminal;
use zeroize::Zeroizing;

#[derive(Subcommand)]
pub enum UserCommand {
    /// Create an account; the password comes from a prompt, or from standard input
    Create {
        /// The address to sign in with
        #[arg(long)]
        email: String,
        /// The name that others see; without it, what stands before the @
        #[arg(long)]
        nickname: Option<String>,
        /// A role; may be given more than once
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
    },
    /// List accounts by e-mail: address, roles, open or disabled, since when, nickname
    List {
        /// Only those whose e-mail begins so
        #[arg(default_value = "")]
        query: String,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Close an account: its sessions end, and nobody can sign in
    Disable {
        /// Whose
        email: String,
    },
    /// Open a closed account again
    Enable {
        /// Whose
        email: String,
    },
    /// Give a role
    Grant {
        /// To whom
        email: String,
        /// Such as administrator
        role: String,
    },
    /// Take a role away
    Revoke {
        /// From whom
        email: String,
        /// Such as administrator
        role: String,
    },
    /// End every session of a user
    SignOut {
        /// Whose
        email: String,
    },
}

pub async fn run(command: UserCommand) -> Result<(), Failure> {
    let config = Config::from_environment()?;
    web::start_logging(&config.log, config.log_format, std::io::stderr);
    let parts = assemble(&config).await?;
    let done = obey(&parts, command).await.map_err(in_full);
    parts.storage.close().await;
    done
}

async fn obey(parts: &Parts, command: UserCommand) -> Result<(), Failure> {
    let accounts = &parts.accounts;
    match command {
        UserCommand::Create {
            email,
            nickname,
            roles,
        } => create(parts, &email, nickname.as_deref(), &roles).await,
        UserCommand::List { query, json } => list(parts, &query, json).await,
        UserCommand::Disable { email } => {
            let user = find(parts, &email).await?;
            Ok(accounts.set_disabled(By::operator(), user.id, true).await?)
        }
        UserCommand::Enable { email } => {
            let user = find(parts, &email).await?;
            Ok(accounts
                .set_disabled(By::operator(), user.id, false)
                .await?)
        }
        UserCommand::Grant { email, role } => {
            let (user, role) = (find(parts, &email).await?, parse_role(&role)?);
            let roles = user.roles.iter().cloned().chain([role]);
            let roles = Roles::new(roles).ok_or_else(too_many_roles)?;
            Ok(accounts.set_roles(By::operator(), user.id, roles).await?)
        }
        UserCommand::Revoke { email, role } => {
            let (user, role) = (find(parts, &email).await?, parse_role(&role)?);
            let roles = user.roles.iter().filter(|one| **one != role).cloned();
            let roles = Roles::new(roles).ok_or_else(too_many_roles)?;
            Ok(accounts.set_roles(By::operator(), user.id, roles).await?)
        }
        UserCommand::SignOut { email } => {
            let user = find(parts, &email).await?;
            Ok(accounts
                .sign_out_everywhere(By::operator(), user.id)
                .await?)
        }
    }
}

async fn create(
    parts: &Parts,
    email: &str,
    nickname: Option<&str>,
    roles: &[String],
) -> Result<(), Failure> {
    let roles = roles.iter().map(|role| parse_role(role));
    let roles = Roles::new(roles.collect::<Result<Vec<_>, _>>()?).ok_or_else(too_many_roles)?;
    let nickname = nickname.unwrap_or_else(|| email.split('@').next().unwrap_or_default());
    let password = read_password()?;
    let accounts = &parts.accounts;
    let id = accounts
        .create_user(email, &password, nickname, &roles)
        .await?;
    println!("{id}");
    Ok(())
}

/// Which fields were refused and why, where that is what was wrong.
fn in_full(failure: Failure) -> Failure {
    match failure.downcast_ref() {
        Some(AppError::Invalid(problems)) => {
            let sentences = problems.iter().map(|problem| {
                format!(
                    "{}: {}",
                    problem.field.name(),
                    Text::english().problem(problem)
                )
            });
            sentences.collect::<Vec<_>>().join("\n").into()
        }
        _ => failure,
    }
}

async fn list(parts: &Parts, query: &str, json: bool) -> Result<(), Failure> {
    let mut after = None;
    loop {
        let page = parts.accounts.users(query, after).await?;
        let lines = page.users.iter().map(|user| line(user, json));
        let lines = lines.collect::<String>();
        after = page.next;
        if !print(&lines)? || after.is_none() {
            return Ok(());
        }
    }
}

fn line(user: &UserRow, json: bool) -> String {
    let is_disabled = user.disabled_at.is_some();
    if json {
        let user = json!({
            "id": user.id,
            "email": user.email,
            "nickname": user.nickname,
            "roles": user.roles,
            "disabled": is_disabled,
            "created_at": words::instant(user.created_at),
        });
        return format!("{user}\n");
    }
    let roles = match user.roles.to_stored() {
        roles if roles.is_empty() => "-".to_owned(),
        roles => roles,
    };
    let state = if is_disabled { "disabled" } else { "open" };
    let since = words::day(user.created_at);
    format!(
        "{}\t{roles}\t{state}\t{since}\t{}\n",
        user.email, user.nickname
    )
}

async fn find(parts: &Parts, email: &str) -> Result<UserRow, Failure> {
    let email = Email::parse(email).map_err(|problem| Text::english().problem(&problem))?;
    match parts.accounts.user_by_email(&email).await? {
        Some(user) => Ok(user),
        None => Err(format!("{email} has no account").into()),
    }
}

fn parse_role(role: &str) -> Result<Role, String> {
    Role::parse(role).ok_or_else(|| {
        format!(
            "{role:?} is not a role's name: a letter, then letters, digits, - or _, all lower case"
        )
    })
}

fn too_many_roles() -> String {
    format!("a user has at most {} roles", Roles::MAX)
}

/// From a prompt on a terminal, else the first line of standard input.
fn read_password() -> Result<Zeroizing<String>, Failure> {
    if std::io::stdin().is_terminal() {
        let password = Zeroizing::new(rpassword::prompt_password("Password: ")?);
        let again = Zeroizing::new(rpassword::prompt_password("Once more: ")?);
        if *password != *again {
            return Err("the two passwords differ".into());
        }
        return Ok(password);
    }
    let mut line = Zeroizing::new(String::new());
    std::io::stdin().read_line(&mut line)?;
    Ok(Zeroizing::new(
        line.trim_end_matches(['\r', '\n']).to_owned(),
    ))
}
