//! Update requests.

use super::super::CustomFunctions;
use super::super::ir::{Form, Query, TemplateSlot, Var};
use super::super::update::{Data, Modify, Operation, QuadTemplate, Target, Update};
use super::template::Blanks;
use super::triple::ground_term;
use super::{At, LEVELS_MAX, Scope, Translator, dataset};
use crate::error::{Code, Error, Result};
use spargebra::GraphUpdateOperation;
use spargebra::algebra::{GraphPattern, GraphTarget, QueryDataset};
use spargebra::term::{
    GraphName, GraphNamePattern, GroundQuad, GroundQuadPattern, NamedNodePattern, NamedOrBlankNode,
    Quad, QuadPattern, Term, TermPattern, Variable,
};

/// Translates a parsed request; `text` is searched for the place of what is not supported. `functions` are those that may
/// be called beside SPARQL's own.
/// Errors: `QueryUnsupported`, `NestingTooDeep`.
pub fn translate_update(
    parsed: &spargebra::Update,
    text: &str,
    functions: &CustomFunctions,
) -> Result<Update> {
    let base_iri = parsed.base_iri.as_ref().map(|base| base.as_str());
    let operations = parsed
        .operations
        .iter()
        .map(|operation| translate_operation(operation, Template::new(text, base_iri, functions)))
        .collect::<Result<_>>()?;
    Ok(Update { operations })
}

fn translate_operation(
    operation: &GraphUpdateOperation,
    mut template: Template<'_>,
) -> Result<Operation> {
    Ok(match operation {
        GraphUpdateOperation::InsertData { data } => {
            let insert = data.iter().map(|quad| template.data(quad));
            Operation::Data(Data {
                delete: Vec::new(),
                insert: insert.collect::<Result<_>>()?,
                constants: template.translator.constants,
            })
        }
        GraphUpdateOperation::DeleteData { data } => {
            let delete = data.iter().map(|quad| template.ground_data(quad));
            Operation::Data(Data {
                delete: delete.collect(),
                insert: Vec::new(),
                constants: template.translator.constants,
            })
        }
        GraphUpdateOperation::DeleteInsert {
            delete,
            insert,
            using,
            pattern,
        } => Operation::Modify(Box::new(template.modify(
            delete,
            insert,
            using.as_ref(),
            pattern,
        )?)),
        GraphUpdateOperation::Load {
            silent,
            source,
            destination,
        } => Operation::Load {
            silent: *silent,
            source: source.as_str().to_owned(),
            graph: match destination {
                GraphName::NamedNode(graph) => Some(graph.as_str().to_owned()),
                GraphName::DefaultGraph => None,
            },
        },
        GraphUpdateOperation::Clear { silent, graph }
        | GraphUpdateOperation::Drop { silent, graph } => Operation::Clear {
            silent: *silent,
            target: match graph {
                GraphTarget::NamedNode(graph) => Target::Graph(graph.as_str().to_owned()),
                GraphTarget::DefaultGraph => Target::Default,
                GraphTarget::NamedGraphs => Target::Named,
                GraphTarget::AllGraphs => Target::All,
            },
        },
        GraphUpdateOperation::Create { silent, graph } => Operation::Create {
            silent: *silent,
            graph: graph.as_str().to_owned(),
        },
    })
}

/// Makes the templates of one operation.
struct Template<'t> {
    translator: Translator<'t>,
    scope: Scope,
    blanks: Blanks,
    base_iri: Option<&'t str>,
}

impl<'t> Template<'t> {
    fn new(text: &'t str, base_iri: Option<&'t str>, functions: &'t CustomFunctions) -> Self {
        Self {
            translator: Translator::new(text, functions),
            base_iri,
            scope: Scope::default(),
            blanks: Blanks::default(),
        }
    }

    fn modify(
        mut self,
        delete: &[GroundQuadPattern],
        insert: &[QuadPattern],
        using: Option<&QueryDataset>,
        pattern: &GraphPattern,
    ) -> Result<Modify> {
        let pattern = self.translator.pattern(pattern, &mut self.scope, At::TOP)?;
        let delete: Vec<QuadTemplate> = delete
            .iter()
            .map(|quad| self.ground_quad(quad))
            .collect::<Result<_>>()?;
        let insert: Vec<QuadTemplate> = insert
            .iter()
            .map(|quad| self.quad(quad))
            .collect::<Result<_>>()?;
        let mut vars: Vec<Var> = Vec::new();
        for quad in delete.iter().chain(&insert) {
            quad.visit_vars(&mut |var| {
                if !vars.contains(&var) {
                    vars.push(var);
                }
            });
        }
        Ok(Modify {
            delete,
            insert,
            query: Query {
                form: Form::Select { vars },
                pattern,
                variables: self.translator.variables,
                constants: self.translator.constants,
                dataset: using.map(dataset),
                base_iri: self.base_iri.map(str::to_owned),
            },
        })
    }

    fn constant(&mut self, term: impl Into<Term>) -> TemplateSlot {
        TemplateSlot::Constant(self.translator.constant(term))
    }

    fn var(&mut self, variable: &Variable) -> TemplateSlot {
        TemplateSlot::Var(self.translator.var(variable, &mut self.scope))
    }

    fn blank(&mut self, label: &str) -> TemplateSlot {
        let next = self.blanks.len() as u32;
        TemplateSlot::Blank(*self.blanks.entry(label.to_owned()).or_insert(next))
    }

    fn name(&mut self, name: &NamedNodePattern) -> TemplateSlot {
        match name {
            NamedNodePattern::NamedNode(node) => self.constant(node.clone()),
            NamedNodePattern::Variable(variable) => self.var(variable),
        }
    }

    fn graph(&mut self, graph: &GraphNamePattern) -> Option<TemplateSlot> {
        match graph {
            GraphNamePattern::DefaultGraph => None,
            GraphNamePattern::NamedNode(node) => Some(self.constant(node.clone())),
            GraphNamePattern::Variable(variable) => Some(self.var(variable)),
        }
    }

    fn graph_name(&mut self, graph: &GraphName) -> Option<TemplateSlot> {
        match graph {
            GraphName::DefaultGraph => None,
            GraphName::NamedNode(node) => Some(self.constant(node.clone())),
        }
    }

    fn quad(&mut self, quad: &QuadPattern) -> Result<QuadTemplate> {
        Ok(QuadTemplate {
            triple: [
                self.term(&quad.subject)?,
                self.name(&quad.predicate),
                self.term(&quad.object)?,
            ],
            graph: self.graph(&quad.graph_name),
        })
    }

    fn term(&mut self, term: &TermPattern) -> Result<TemplateSlot> {
        let (scope, blanks) = (&mut self.scope, &mut self.blanks);
        self.translator.template_term(term, scope, blanks, At::TOP)
    }

    fn ground_quad(&mut self, quad: &GroundQuadPattern) -> Result<QuadTemplate> {
        Ok(QuadTemplate {
            triple: [
                self.term(&quad.subject.clone().into())?,
                self.name(&quad.predicate),
                self.term(&quad.object.clone().into())?,
            ],
            graph: self.graph(&quad.graph_name),
        })
    }

    fn data(&mut self, quad: &Quad) -> Result<QuadTemplate> {
        Ok(QuadTemplate {
            triple: [
                self.subject(&quad.subject),
                self.constant(quad.predicate.clone()),
                self.object(&quad.object, 0)?,
            ],
            graph: self.graph_name(&quad.graph_name),
        })
    }

    fn subject(&mut self, subject: &NamedOrBlankNode) -> TemplateSlot {
        match subject {
            NamedOrBlankNode::NamedNode(node) => self.constant(node.clone()),
            NamedOrBlankNode::BlankNode(node) => self.blank(node.as_str()),
        }
    }

    fn object(&mut self, object: &Term, level: usize) -> Result<TemplateSlot> {
        Ok(match object {
            Term::BlankNode(node) => self.blank(node.as_str()),
            Term::Triple(triple) => {
                check(level)?;
                TemplateSlot::Triple(Box::new([
                    self.subject(&triple.subject),
                    self.constant(triple.predicate.clone()),
                    self.object(&triple.object, level + 1)?,
                ]))
            }
            other => self.constant(other.clone()),
        })
    }

    fn ground_data(&mut self, quad: &GroundQuad) -> QuadTemplate {
        QuadTemplate {
            triple: [
                self.constant(quad.subject.clone()),
                self.constant(quad.predicate.clone()),
                self.constant(ground_term(&quad.object)),
            ],
            graph: self.graph_name(&quad.graph_name),
        }
    }
}

/// Errors: `NestingTooDeep`.
fn check(level: usize) -> Result<()> {
    if level >= LEVELS_MAX {
        return Err(Error::new(
            Code::NestingTooDeep,
            format!("a triple term of the update nests more than {LEVELS_MAX} levels deep"),
        ));
    }
    Ok(())
}
