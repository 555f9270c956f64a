//! What a browser makes of a page: the element tree that the HTML standard's parser gives.

use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use std::collections::BTreeMap;

/// An element, its attributes and what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    pub children: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    Element(Element),
    Text(String),
}

impl Element {
    /// The whole document.
    pub fn parse(html: &str) -> Self {
        let dom = parse_document(RcDom::default(), ParseOpts::default()).one(html);
        read(&dom.document, "document", BTreeMap::new())
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// Itself and all elements in it, in the order of the text.
    pub fn all(&self) -> Vec<&Self> {
        let mut found = vec![self];
        for child in &self.children {
            if let Node::Element(child) = child {
                found.extend(child.all());
            }
        }
        found
    }

    /// The elements of that name.
    pub fn named(&self, name: &str) -> Vec<&Self> {
        self.all()
            .into_iter()
            .filter(|element| element.name == name)
            .collect()
    }

    pub fn by_id(&self, id: &str) -> Option<&Self> {
        self.all()
            .into_iter()
            .find(|element| element.attribute("id") == Some(id))
    }

    pub fn by_class(&self, class: &str) -> Option<&Self> {
        self.all().into_iter().find(|element| {
            element
                .attribute("class")
                .is_some_and(|classes| classes.split_ascii_whitespace().any(|one| one == class))
        })
    }

    /// All text in it.
    pub fn text(&self) -> String {
        self.children
            .iter()
            .map(|child| match child {
                Node::Element(element) => element.text(),
                Node::Text(text) => text.clone(),
            })
            .collect()
    }

    /// Its elements and their attributes' names without any text or value: what a person's data must
    /// never change.
    pub fn outline(&self) -> String {
        let attributes: Vec<_> = self.attributes.keys().map(String::as_str).collect();
        let children: String = self
            .children
            .iter()
            .filter_map(|child| match child {
                Node::Element(element) => Some(element.outline()),
                Node::Text(_) => None,
            })
            .collect();
        format!("<{} {}>{children}</>", self.name, attributes.join(" "))
    }
}

fn read(node: &Handle, name: &str, attributes: BTreeMap<String, String>) -> Element {
    let mut children = Vec::new();
    for child in node.children.borrow().iter() {
        match &child.data {
            NodeData::Element { name, attrs, .. } => {
                let attributes = attrs
                    .borrow()
                    .iter()
                    .map(|attribute| {
                        (
                            attribute.name.local.to_string(),
                            attribute.value.to_string(),
                        )
                    })
                    .collect();
                children.push(Node::Element(read(child, &name.local, attributes)));
            }
            NodeData::Text { contents } => children.push(Node::Text(contents.borrow().to_string())),
            _ => {}
        }
    }
    Element {
        name: name.to_owned(),
        attributes,
        children,
    }
}
