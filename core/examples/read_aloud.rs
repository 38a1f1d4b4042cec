//! Prints conversations with the curated composer, to be read aloud.
//!
//! `cargo run -p muykol-core --example read_aloud [SEED] [TITLE]`

use std::{env, error::Error};

use muykol_core::{
    answer::CuratedAnswerer,
    care::Assessment,
    seams::{Piece, TurnContext},
    words::{
        AnsweredBy, Audience, Block, ConversationId, CrisisReading, Emotion, EmotionReading, Entry,
        EntryBody, EntryId, InboundId, PersonId, Profile, Reply, Timestamp,
    },
};
use serde::Deserialize;

const CONVERSATIONS: &str = include_str!("../data/curated/conversations.toml");

#[derive(Deserialize)]
struct File {
    conversation: Vec<Conversation>,
}

#[derive(Deserialize)]
struct Conversation {
    title: String,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    care: bool,
    #[serde(default)]
    public: bool,
    turns: Vec<Turn>,
}

#[derive(Deserialize)]
struct Turn {
    heard: Emotion,
    says: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let seed: u64 = arguments.next().map_or(Ok(7), |seed| seed.parse())?;
    let only = arguments.next().unwrap_or_default();
    let file: File = toml::from_str(CONVERSATIONS)?;
    let answerer = CuratedAnswerer::new()?;
    for (at, conversation) in file.conversation.iter().enumerate() {
        if !conversation.title.contains(&only) {
            continue;
        }
        println!("════ {}", conversation.title);
        read(answerer, conversation, seed + u64::try_from(at)? * 101);
    }
    Ok(())
}

fn read(answerer: CuratedAnswerer, conversation: &Conversation, seed: u64) {
    let mut recent = Vec::new();
    for (seed, turn) in (seed..).zip(&conversation.turns) {
        println!("\n> {}", turn.says);
        let emotion = EmotionReading {
            primary: turn.heard,
            confidence: if turn.heard == Emotion::Neutral {
                0.2
            } else {
                0.7
            },
            ..EmotionReading::unclear()
        };
        let context = TurnContext {
            messages: vec![turn.says.clone()],
            assessment: Assessment {
                emotion: emotion.clone(),
                crisis: CrisisReading::default(),
            },
            profile: Profile::new(PersonId::from("reader")),
            recent: recent.clone(),
            audience: if conversation.public {
                Audience::Public
            } else {
                Audience::Private
            },
            translation: "ASV".to_owned(),
            language: conversation
                .language
                .clone()
                .unwrap_or_else(|| "en".to_owned()),
            care_mode: conversation.care,
            now: Timestamp(0),
            seed,
        };
        let mut blocks = Vec::new();
        let mut pieces = Vec::new();
        for piece in answerer.compose(&context) {
            match piece {
                Piece::Block(block) => {
                    let mark = match block {
                        Block::Reflection { .. } => "~ ",
                        Block::Action { .. } => "→ ",
                        _ => "",
                    };
                    println!("  {mark}{}", block.plain());
                    blocks.push(block);
                }
                Piece::Passage(reference) => {
                    println!("  [{reference}]");
                    blocks.push(Block::Verse {
                        reference,
                        text: String::new(),
                        translation: "ASV".to_owned(),
                    });
                }
                Piece::Used(id) => pieces.push(id),
                Piece::Words(_) | Piece::Spent(_) | Piece::Heard(_) => {}
            }
        }
        recent.extend(entries(&turn.says, blocks, pieces, emotion));
    }
    println!();
}

fn entries(
    says: &str,
    blocks: Vec<Block>,
    pieces: Vec<String>,
    emotion: EmotionReading,
) -> [Entry; 2] {
    let entry = |body| Entry {
        id: EntryId::new(Timestamp(0)),
        conversation: ConversationId::from("reading"),
        person: PersonId::from("reader"),
        at: Timestamp(0),
        body,
    };
    let inbound = InboundId::from("read");
    let reply = Reply {
        id: EntryId::from("reply"),
        conversation_id: ConversationId::from("reading"),
        text: Block::plain_all(&blocks),
        blocks,
        emotion,
        crisis: CrisisReading::default(),
        prayer_offered: false,
        answered_by: AnsweredBy::Curated,
    };
    [
        entry(EntryBody::Person {
            text: says.to_owned(),
            inbound: inbound.clone(),
        }),
        entry(EntryBody::Muykol {
            reply,
            answers: vec![inbound],
            pieces,
        }),
    ]
}
