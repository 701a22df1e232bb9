//! What a policy made of a window: what came in, what the rules left, and the result, under one another.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::{
    open::OpenAsSchedule,
    scale::Scale,
    timeline::{Axis, Bar, Detail, Lane, Paint, Timeline, clock},
};
use crate::{
    api::plans::{Block, Dropped, Plan, PlanInput, Step},
    browser,
    components::{
        code_block::CodeBlock,
        facts::Fact,
        icon::{Glyph, Icon},
        virtual_list::VirtualList,
    },
    erased::handler,
    format,
};

/// How many of those that a rule left out are named.
const NAMED: usize = 100;

/// Where the blocks of the master schedule belong.
const MASTER: &str = "master";

/// A plan that was made.
#[component]
pub(super) fn Outcome(
    /// The plan.
    plan: Plan,
    /// What it was made from.
    input: PlanInput,
) -> impl IntoView {
    let scale = Scale::of(&plan.t0, &plan.t1);
    let shown = RwSignal::new(None);
    let considered = lanes(&plan.considered);
    let mut kept = lanes(&plan.kept);
    kept.extend(dropped_lane(&plan.dropped));
    let result = result_lane(&plan.steps, &plan.kept);
    let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let steps = count(plan.steps.len());
    let dropped = count(plan.dropped.len());
    let length = plan.t1.millis() - plan.t0.millis();
    view! {
        <section class="part" aria-labelledby="outcome">
            <div class="part__head">
                <h2 id="outcome">"The plan"</h2>
                <OpenAsSchedule input/>
            </div>
            <dl class="facts">
                <Fact name="From">{clock(&plan.t0)}</Fact>
                <Fact name="Over">{format::duration(length)}</Fact>
                <Fact name="Steps">
                    <span data-testid="step-count">{format::count(steps)}</span>
                </Fact>
                <Fact name="Left out">{format::count(dropped)}</Fact>
            </dl>
            <div class="tracks">
                <Timeline
                    id="considered"
                    title="What came in"
                    remark="before any rule"
                    lanes=considered
                    scale
                    shown
                />
                <Timeline id="kept" title="What the rules left" remark="and what they left out" lanes=kept scale shown/>
                <Timeline id="result" title="The result" remark="one after another" lanes=result scale shown/>
                <Axis scale/>
                <Detail shown/>
            </div>
        </section>
        <LeftOut dropped=plan.dropped/>
        <Commands text=plan.commands/>
        <Steps steps=plan.steps/>
    }
}

/// One lane for each place, in the order in which they first come.
fn lanes(blocks: &[Block]) -> Vec<Lane> {
    let mut lanes: Vec<Lane> = Vec::new();
    for block in blocks {
        let bar = Bar {
            name: block.name.clone(),
            paint: paint_of(&block.lane),
            start: block.start_time.clone(),
            end: block.end_time.clone(),
            remark: None,
        };
        let name = last(&block.lane);
        match lanes.iter_mut().find(|lane| lane.name == name) {
            Some(lane) => lane.bars.push(bar),
            None => lanes.push(Lane {
                name: name.to_owned(),
                bars: vec![bar],
            }),
        }
    }
    for lane in &mut lanes {
        lane.bars.sort_by(|one, other| one.start.cmp(&other.start));
    }
    lanes
}

/// The last part of a dotted path.
fn last(lane: &str) -> &str {
    lane.rsplit('.').next().unwrap_or(lane)
}

fn paint_of(lane: &str) -> Paint {
    if lane == MASTER {
        Paint::Master
    } else {
        Paint::Source
    }
}

/// The lane of what was left out, if anything was.
fn dropped_lane(dropped: &[Dropped]) -> Option<Lane> {
    let bar = |dropped: &Dropped| Bar {
        name: dropped.name.clone(),
        paint: Paint::Dropped,
        start: dropped.start_time.clone(),
        end: dropped.end_time.clone(),
        remark: Some(format!("left out by {}", dropped.rule)),
    };
    let mut bars: Vec<_> = dropped.iter().map(bar).collect();
    bars.sort_by(|one, other| one.start.cmp(&other.start));
    (!bars.is_empty()).then(|| Lane {
        name: "left out".to_owned(),
        bars,
    })
}

/// The steps in one lane; those of a source stand out as they do above.
fn result_lane(steps: &[Step], kept: &[Block]) -> Vec<Lane> {
    let is_source = |name: &str| {
        let mut sources = kept.iter().filter(|block| block.lane != MASTER);
        sources.any(|block| block.name == name)
    };
    let mut known = BTreeMap::new();
    let bars: Vec<_> = steps
        .iter()
        .map(|step| {
            let is_source = *known
                .entry(step.name.as_str())
                .or_insert_with(|| is_source(&step.name));
            Bar {
                name: step.name.clone(),
                paint: if is_source {
                    Paint::Source
                } else {
                    Paint::Master
                },
                start: step.start_time.clone(),
                end: step.end_time.clone(),
                remark: None,
            }
        })
        .collect();
    if bars.is_empty() {
        return Vec::new();
    }
    vec![Lane {
        name: "steps".to_owned(),
        bars,
    }]
}

/// What was left out, by the rule that did.
#[component]
fn LeftOut(
    /// That.
    dropped: Vec<Dropped>,
) -> impl IntoView {
    let mut rules: BTreeMap<String, Vec<Dropped>> = BTreeMap::new();
    for dropped in dropped {
        rules.entry(dropped.rule.clone()).or_default().push(dropped);
    }
    let one = |dropped: &Dropped| {
        let took = dropped.end_time.millis() - dropped.start_time.millis();
        view! {
            <li class="left-out__block">
                <span class="left-out__name">{dropped.name.clone()}</span>
                <span class="muted tabular">
                    {clock(&dropped.start_time)} " · " {format::duration(took)}
                </span>
            </li>
        }
    };
    let rule = move |(rule, blocks): (String, Vec<Dropped>)| {
        let count = i32::try_from(blocks.len()).unwrap_or(i32::MAX);
        let rest = blocks.len().saturating_sub(NAMED);
        let rest = (rest > 0).then(|| {
            let rest = format!("and {rest} more, all of them in the lane above");
            view! { <li class="muted">{rest}</li> }
        });
        view! {
            <details class="left-out" data-testid="left-out">
                <summary>
                    <code>{rule}</code>
                    <span class="muted">{format::counted(count, "block", "blocks")}</span>
                </summary>
                <ul class="left-out__blocks">
                    {blocks.iter().take(NAMED).map(one).collect_view()} {rest}
                </ul>
            </details>
        }
    };
    (!rules.is_empty()).then(|| {
        view! {
            <section class="part" aria-labelledby="left-out">
                <div class="part__head">
                    <h2 id="left-out">"Left out"</h2>
                    <span class="muted">"by which rule; of some, only a part"</span>
                </div>
                {rules.into_iter().map(rule).collect_view()}
            </section>
        }
    })
}

/// The text for the executor.
#[component]
fn Commands(
    /// The text.
    text: String,
) -> impl IntoView {
    let lines = i32::try_from(text.lines().count()).unwrap_or(i32::MAX);
    let file = text.clone();
    let save = move |_| {
        // Only a browser that is out of memory refuses, and says so itself.
        drop(browser::download("plan.py", &file));
    };
    view! {
        <section class="part" aria-labelledby="commands">
            <div class="part__head">
                <h2 id="commands">"Commands"</h2>
                <span class="muted">{format::counted(lines, "line", "lines")}</span>
                <button type="button" class="button button--small" on:click=handler(save)>
                    <Icon glyph=Glyph::Download/>
                    "Download"
                </button>
            </div>
            <CodeBlock text label="What an executor runs"/>
        </section>
    }
}

/// All steps, one a line.
#[component]
fn Steps(
    /// The steps.
    steps: Vec<Step>,
) -> impl IntoView {
    let keys: Vec<_> = (0..steps.len()).collect();
    let is_empty = steps.is_empty();
    let steps = StoredValue::new(steps);
    let row = move |key: usize, position: Signal<usize>| {
        let step = steps.with_value(|steps| steps[key].clone());
        let took = step.end_time.millis() - step.start_time.millis();
        let place = move || (position.get() + 2).to_string();
        view! {
            <div class="step-row" role="row" aria-rowindex=place data-testid="step-row">
                <span role="cell" class="tabular">
                    {clock(&step.start_time)}
                </span>
                <span role="cell" class="tabular muted">
                    {format::duration(took)}
                </span>
                <span role="cell" class="step-row__name" title=step.name.clone()>
                    {step.name.clone()}
                </span>
            </div>
        }
    };
    let (reveal, away) = (Signal::stored(None), RwSignal::new(false));
    (!is_empty).then(|| {
        let rows = keys.len() + 1;
        view! {
            <section class="part" aria-labelledby="steps">
                <div class="part__head">
                    <h2 id="steps">"Steps"</h2>
                    <span class="muted">"the scripts that a schedule of this plan expects"</span>
                </div>
                <div class="steps" role="table" aria-labelledby="steps" aria-rowcount=rows>
                    <div class="step-row step-row--head" role="row" aria-rowindex="1">
                        <span role="columnheader">"From (UTC)"</span>
                        <span role="columnheader">"For"</span>
                        <span role="columnheader">"Step"</span>
                    </div>
                    <VirtualList keys=Signal::stored(keys) row reveal away/>
                </div>
            </section>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::scalars::DateTime;

    fn block(lane: &str, name: &str, start: &str) -> Block {
        Block {
            lane: lane.into(),
            name: name.into(),
            start_time: DateTime(start.into()),
            end_time: DateTime(start.into()),
        }
    }

    #[test]
    fn blocks_stand_in_the_lane_that_they_belong_to() {
        let blocks = [
            block("master", "late", "2"),
            block("sources.calibration.moon", "moon", "1"),
            block("master", "early", "1"),
        ];
        let lanes = lanes(&blocks);
        let names: Vec<_> = lanes.iter().map(|lane| lane.name.as_str()).collect();
        assert_eq!(names, ["master", "moon"]);
        let bars: Vec<_> = lanes[0].bars.iter().map(|bar| bar.name.as_str()).collect();
        assert_eq!(bars, ["early", "late"]);
        assert_eq!(lanes[1].bars[0].paint, Paint::Source);
    }

    #[test]
    fn steps_look_like_what_they_come_from() {
        let kept = [
            block("master", "field", "1"),
            block("sources.moon", "moon", "1"),
        ];
        let step = |name: &str| Step {
            name: name.into(),
            start_time: DateTime("1".into()),
            end_time: DateTime("2".into()),
        };
        let lanes = result_lane(&[step("field"), step("moon")], &kept);
        let paints: Vec<_> = lanes[0].bars.iter().map(|bar| bar.paint).collect();
        assert_eq!(paints, [Paint::Master, Paint::Source]);
        assert!(result_lane(&[], &kept).is_empty());
    }
}
