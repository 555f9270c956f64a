//! What people are told, in their language: one file of sentences for each (Fluent, projectfluent.org), and how a request's
//! language is found. A new language is one more file beside `en.ftl`; a test says what is missing in it.

mod errors;

use crate::brand;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_langneg::{NegotiationStrategy, negotiate_languages};
use include_dir::{Dir, include_dir};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;
use unic_langid::{CharacterDirection, LanguageIdentifier};

static FILES: Dir = include_dir!("$CARGO_MANIFEST_DIR/src/language");
const EXTENSION: &str = "ftl";

/// The language that is complete by definition, and that programs are answered in.
const FIRST: &str = "en";

/// All languages, the first one first.
static LANGUAGES: LazyLock<Vec<Language>> = LazyLock::new(|| {
    let mut languages: Vec<_> = FILES
        .files()
        .filter(|file| {
            file.path()
                .extension()
                .is_some_and(|kind| kind == EXTENSION)
        })
        .filter_map(|file| {
            Language::read(file.path().file_stem()?.to_str()?, file.contents_utf8()?)
        })
        .collect();
    languages.sort_by_key(|language| (language.tag != FIRST, language.tag));
    languages
});

struct Language {
    /// As in the file's name, in cookies and in HTML's `lang` (BCP 47).
    tag: &'static str,
    id: LanguageIdentifier,
    sentences: FluentBundle<FluentResource>,
    /// Those that fill nothing in, put together once: pages say dozens of them.
    fixed: HashMap<&'static str, String>,
}

impl Language {
    fn read(tag: &'static str, text: &'static str) -> Option<Self> {
        let id: LanguageIdentifier = tag.parse().ok()?;
        // What cannot be understood is left out, and missed by a test.
        let resource = match FluentResource::try_new(text.to_owned()) {
            Ok(resource) | Err((resource, _)) => resource,
        };
        let mut sentences = FluentBundle::new_concurrent(vec![id.clone()]);
        // No marks of direction around what is filled in: it is ours, but for a nickname and an e-mail that end their sentences, and
        // those can hold no such mark themselves.
        sentences.set_use_isolating(false);
        // What other sentences say as `{ -name }`.
        let brand = format!("-name = {}", brand::name());
        if let Ok(brand) = FluentResource::try_new(brand) {
            let _ = sentences.add_resource(brand); // there is none yet
        }
        let _ = sentences.add_resource(resource); // a sentence that is there twice is found by a test
        let mut language = Self {
            tag,
            id,
            sentences,
            fixed: HashMap::new(),
        };
        let names = text.lines().filter_map(|line| line.split_once(" = "));
        for (name, _) in names {
            if let Some(sentence) = language.fixed(name) {
                language.fixed.insert(name, sentence);
            }
        }
        Some(language)
    }

    /// A sentence that fills nothing in.
    fn fixed(&self, id: &str) -> Option<String> {
        let pattern = self.sentences.get_message(id)?.value()?;
        let mut blanks = Vec::new();
        let sentence = self.sentences.format_pattern(pattern, None, &mut blanks);
        blanks.is_empty().then(|| sentence.into_owned())
    }

    fn format<'a>(&'a self, id: &str, arguments: Option<&FluentArgs>) -> Option<Cow<'a, str>> {
        let pattern = self.sentences.get_message(id)?.value()?;
        let mut problems = Vec::new();
        Some(
            self.sentences
                .format_pattern(pattern, arguments, &mut problems),
        )
    }
}

/// The sentences of one language. Copying it costs nothing.
#[derive(Clone, Copy)]
pub struct Text(&'static Language);

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.tag())
    }
}

impl Text {
    /// What programs and operators are told.
    ///
    /// # Panics
    /// Never: the file is part of the program.
    pub fn english() -> Self {
        Self(&LANGUAGES[0])
    }

    /// All languages, English first.
    pub fn all() -> impl Iterator<Item = Self> {
        LANGUAGES.iter().map(Self)
    }

    /// The language with this tag, if there is one.
    pub fn of(tag: &str) -> Option<Self> {
        Self::all().find(|text| text.tag() == tag)
    }

    /// The best for whoever sends this `Accept-Language` (RFC 9110, section 12.5.4); English if there is none. A language stands for
    /// its likely script (RFC 4647; `zh` and `zh-SG` for `zh-Hans`, but not `zh-TW`).
    pub fn accepted(header: &str) -> Self {
        let mut wanted: Vec<(f32, LanguageIdentifier)> = header
            .split(',')
            .filter_map(|part| {
                let (tag, parameters) = part.split_once(';').unwrap_or((part, ""));
                let weight = match parameters.trim().strip_prefix("q=") {
                    Some(weight) => weight.trim().parse().ok()?,
                    None => 1.0,
                };
                Some((weight, tag.trim().parse().ok()?))
            })
            .filter(|(weight, _)| *weight > 0.0)
            .collect();
        wanted.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        let wanted: Vec<_> = wanted.into_iter().map(|(_, id)| id).collect();
        let available: Vec<_> = LANGUAGES.iter().map(|language| &language.id).collect();
        let best = negotiate_languages(&wanted, &available, None, NegotiationStrategy::Lookup);
        let best = best
            .first()
            .and_then(|best| LANGUAGES.iter().find(|language| language.id == ***best));
        best.map_or_else(Self::english, Self)
    }

    /// Its tag (BCP 47), as HTML's `lang` and cookies have it.
    pub fn tag(self) -> &'static str {
        self.0.tag
    }

    /// `rtl` if it is written from right to left.
    pub fn direction(self) -> Option<&'static str> {
        (self.0.id.character_direction() == CharacterDirection::RTL).then_some("rtl")
    }

    /// A sentence; in English if this language lacks it.
    pub fn say(self, id: &'static str) -> Cow<'static, str> {
        match self.0.fixed.get(id) {
            Some(sentence) => Cow::Borrowed(sentence),
            None => self.format(id, None),
        }
    }

    /// A sentence with something in it.
    pub fn say_with(
        self,
        id: &'static str,
        arguments: &[(&'static str, FluentValue<'_>)],
    ) -> String {
        let arguments = arguments.iter().cloned().collect();
        self.format(id, Some(&arguments)).into_owned()
    }

    fn format(self, id: &'static str, arguments: Option<&FluentArgs>) -> Cow<'static, str> {
        let found = self.0.format(id, arguments);
        found
            .or_else(|| Self::english().0.format(id, arguments))
            .unwrap_or(Cow::Borrowed(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
    use fluent_syntax::parser;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn the_language_is_found_that_the_visitor_reads_best() {
        for (header, tag) in [
            ("", "en"),
            ("de", "en"),
            ("*", "en"),
            ("en-GB", "en"),
            ("zh", "zh-Hans"),
            ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
            ("zh-SG", "zh-Hans"),
            ("zh-Hans-HK", "zh-Hans"),
            ("zh-TW", "en"),
            ("zh-Hant", "en"),
            ("de-AT,zh;q=0.3,en;q=0.2", "zh-Hans"),
            ("zh;q=0.1, en;q=0.9", "en"),
            ("zh;q=0, en", "en"),
            ("zh;q=0", "en"),
            ("zh;q=much", "en"),
            ("\u{fffd};;q=,,", "en"),
        ] {
            assert_eq!(Text::accepted(header).tag(), tag, "{header}");
        }
    }

    #[test]
    fn the_brand_has_its_name_in_every_language() {
        for text in Text::all() {
            assert_eq!(text.say("brand"), brand::name());
            assert!(text.say("footer-line").contains(brand::name()));
        }
    }

    #[test]
    fn a_sentence_that_nobody_wrote_is_its_name() {
        assert_eq!(Text::english().say("no-such-sentence"), "no-such-sentence");
    }

    #[test]
    fn every_language_has_every_sentence_and_fills_in_the_same() {
        let first = sentences(FIRST);
        assert!(first.len() > 100, "the search works");
        let languages: Vec<_> = Text::all().map(Text::tag).collect();
        assert_eq!(languages[..2], ["en", "zh-Hans"]);
        for tag in languages {
            assert_eq!(sentences(tag), first, "{tag}");
        }
    }

    #[test]
    fn the_code_says_every_sentence_and_no_other() {
        let mut code = String::new();
        read_code(
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &mut code,
        );
        let known = sentences(FIRST);
        for id in known.keys() {
            assert!(code.contains(&format!("\"{id}\"")), "nobody says {id}");
        }
        for start in [".say(\"", ".say_with(\"", "title: \""] {
            let mut said = code
                .split(start)
                .skip(1)
                .filter_map(|rest| rest.split('"').next());
            said.next().expect("the search works");
            for id in said.filter(|id| *id != "no-such-sentence") {
                assert!(known.contains_key(id), "{id} stands in no file");
            }
        }
    }

    fn read_code(folder: std::path::PathBuf, code: &mut String) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                read_code(path, code);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                // rustfmt breaks lines after the bracket.
                let text = std::fs::read_to_string(path).expect("text");
                let joined: Vec<_> = text.split('(').map(str::trim_start).collect();
                *code += &joined.join("(");
            }
        }
    }

    /// The names of a file's sentences, and what each fills in.
    fn sentences(tag: &str) -> BTreeMap<String, BTreeSet<String>> {
        let file = FILES
            .get_file(format!("{tag}.{EXTENSION}"))
            .expect("a file");
        let resource = parser::parse(file.contents_utf8().expect("UTF-8")).expect("Fluent");
        let mut all = BTreeMap::new();
        for entry in resource.body {
            if let Entry::Message(message) = entry {
                let mut variables = BTreeSet::new();
                collect(message.value.as_ref().expect("a sentence"), &mut variables);
                let before = all.insert(message.id.name.to_owned(), variables);
                assert!(before.is_none(), "{} is there twice", message.id.name);
            }
        }
        all
    }

    fn collect(pattern: &Pattern<&str>, variables: &mut BTreeSet<String>) {
        for element in &pattern.elements {
            let PatternElement::Placeable { expression } = element else {
                continue;
            };
            let inline = match expression {
                Expression::Inline(inline) => inline,
                Expression::Select { selector, variants } => {
                    variants
                        .iter()
                        .for_each(|variant| collect(&variant.value, variables));
                    selector
                }
            };
            if let InlineExpression::VariableReference { id } = inline {
                variables.insert(id.name.to_owned());
            }
        }
    }
}
