import type { ImageRecord, SegmentRecord } from '../record.ts';

/** What the restorer does, call by call. */
export const Steps = ({ steps }: { steps: ImageRecord['steps'] }) => (
  <details class="steps">
    <summary>
      <h2>Restore program</h2> {steps.length} steps
    </summary>
    <ol start={0}>
      {steps.map(({ call, result, sentence }) => (
        <li>
          <code>
            {call}
            {result !== '' && <span class="result"> = {result}</span>}
          </code>
          <span class="sentence">{sentence}</span>
        </li>
      ))}
    </ol>
  </details>
);

export const Segments = ({ segments, declared }: Pick<ImageRecord, 'declared'> & { segments: SegmentRecord[] }) => (
  <details class="segments">
    <summary>
      <h2>The image</h2> {segments.length} program headers, {declared.length} declared differences
    </summary>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            {['#', 'type', 'addresses', 'flags', 'offset', 'bytes in the file'].map((name) => (
              <th scope="col">{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {segments.map(({ index, type, start, end, flags, offset, fileSize }) => (
            <tr key={index}>
              <th scope="row">{index}</th>
              <td>{type}</td>
              <td>{start === end ? '' : `${start.slice(2)}-${end.slice(2)}`}</td>
              <td>{flags}</td>
              <td>{offset}</td>
              <td>{fileSize}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h3>Declared to differ</h3>
      <table>
        <tbody>
          {declared.map(({ start, end, reason }) => (
            <tr key={start}>
              <td>{`${start.slice(2)}-${end.slice(2)}`}</td>
              <td>{reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  </details>
);
